// SPDX-License-Identifier: Apache-2.0
// The digital back end of the converters of one IMA.
//
// All converters work side by side, one column in each clock. `select` moves the analog multiplexers
// from column to column; what the converters make of the selected columns stands at `sample` before
// the next rising edge. Each value saturates to BITS bits and leaves through an output register.
//
// A burst begins with `start` and `ready`: `columns` says how many columns each lane converts, 0 for
// a lane that rests, and its first column is converted at the same edge. Codes are taken at the
// edges with `code_valid` and `code_ready`; while the register is full and nobody takes it, the
// sequencer stands. COLUMN_BITS must hold the number of columns; give LANES 2 at least.
module adc_back_end #(
    parameter int LANES = 8,
    parameter int BITS = 8,
    parameter int SAMPLE_BITS = 16,
    parameter int COLUMN_BITS = 8
) (
    input  logic                              clk,
    input  logic                              rst,          // asynchronous, active high

    input  logic                              start,
    output logic                              ready,
    input  logic [LANES-1:0][COLUMN_BITS-1:0] columns,

    output logic [COLUMN_BITS-1:0]            select,
    input  logic [LANES-1:0][SAMPLE_BITS-1:0] sample,

    output logic                              code_valid,
    input  logic                              code_ready,
    output logic                              code_last,    // of the burst
    output logic [COLUMN_BITS-1:0]            code_column,
    output logic [LANES-1:0]                  code_lanes,   // which lanes have converted
    output logic [LANES-1:0]                  over_range,   // which of them have saturated
    output logic [LANES-1:0][BITS-1:0]        code
);
    localparam logic [SAMPLE_BITS-1:0] HIGHEST = SAMPLE_BITS'((1 << BITS) - 1);

    logic                              busy;
    logic [LANES-1:0][COLUMN_BITS-1:0] held_columns;
    logic [LANES-1:0][COLUMN_BITS-1:0] length;
    logic [LANES-1:0]                  converts;
    logic [LANES-1:0]                  ends;
    logic [LANES-1:0]                  exceeds;
    logic                              step;

    // --- sequencer ---------------------------------------------------------------------------
    assign ready  = !busy;
    assign length = busy ? held_columns : columns;
    assign step   = (busy || start) && (!code_valid || code_ready);

    always_ff @(posedge clk or posedge rst) begin
        if (rst) begin
            busy   <= 1'b0;
            select <= '0;
        end else begin
            if (start && ready) begin
                busy         <= 1'b1;
                held_columns <= columns;
            end
            if (step) begin
                select <= &ends ? '0 : select + 1'b1;
                if (&ends) busy <= 1'b0;
            end
        end
    end

    // --- saturation and output register ------------------------------------------------------
    always_ff @(posedge clk or posedge rst) begin
        if (rst) code_valid <= 1'b0;
        else if (step) code_valid <= 1'b1;
        else if (code_ready) code_valid <= 1'b0;
    end

    always_ff @(posedge clk) begin
        if (step) begin
            code_last   <= &ends;
            code_column <= select;
            code_lanes  <= converts;
            over_range  <= converts & exceeds;
        end
    end

    for (genvar lane = 0; lane < LANES; lane++) begin : lanes
        assign converts[lane] = length[lane] > select;
        assign ends[lane]     = length[lane] <= select + 1'b1;
        assign exceeds[lane]  = sample[lane] > HIGHEST;

        always_ff @(posedge clk) begin
            if (step) code[lane] <= exceeds[lane] ? '1 : sample[lane][BITS-1:0];
        end
    end
endmodule
