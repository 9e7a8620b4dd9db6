/* fuzz_record.c - a record out of any bytes, written in every form. */
#include "codec/csv.h"
#include "codec/grid.h"
#include "codec/json_record.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct record r = {0};
    memcpy(&r, bytes, n < sizeof r ? n : sizeof r);

    struct text t = {0};
    record_to_json_seed(&t, &r);
    assert(t.data[0] == '{' && t.data[t.len - 1] == '}');
    text_reset(&t);
    struct json j = json_into(&t);
    record_to_json_api(&j, &r, NULL, 0);
    assert(t.data[0] == '{' && t.data[t.len - 1] == '}');
    csv_row(&t, &r, NULL, 0);

    const struct field *fields[GRID_COLUMNS];
    for (size_t i = 0; i < GRID_COLUMNS; i++)
        fields[i] = &field_table[(i * 2 + n) % field_count];
    struct grid g = {0};
    grid_columns_for(&g, fields, GRID_COLUMNS);
    grid_record(&g, &r, fields, GRID_COLUMNS);
    grid_print(&g, &t, 1, 100);
    grid_free(&g);
    for (size_t i = 0; i < field_count; i++) {
        assert(record_compare(&r, &r, &field_table[i]) == 0);
        record_has(&r, &field_table[i]);
    }
    text_free(&t);
    return 0;
}
