/* control_state.c - shows and changes what the simulator holds: ledger, faults, clock, keys. */
#include "control/control_call.h"
#include "data/calendar.h"
#include "http/field.h"

#include <math.h>

void
control_delete_journal(struct control_call *call)
{
    journal_clear(&call->simulator->journal);
    text_add(&call->body, "{\"requests\":[],\"dropped\":0}");
}

void
control_get_ledger(struct control_call *call)
{
    ledger_write(&call->simulator->ledger, &call->body);
}

void
control_delete_ledger(struct control_call *call)
{
    ledger_clear(&call->simulator->ledger);
    control_get_ledger(call);
}

void
control_get_faults(struct control_call *call)
{
    faults_write(&call->simulator->faults, &call->body);
}

void
control_put_faults(struct control_call *call)
{
    char complaint[256];
    if (faults_replace(&call->simulator->faults, call->document, complaint, sizeof complaint))
        control_get_faults(call);
    else
        control_refuse(call, 400, complaint);
}

void
control_get_held(struct control_call *call)
{
    int64_t requests;
    int64_t timeout_ms;
    if (!control_read_wait(call, &requests, &timeout_ms))
        return;
    size_t held = faults_wait_held(&call->simulator->faults, (size_t)requests, timeout_ms);
    field_open(&call->body, NULL, '{');
    field_integer(&call->body, "held", (int64_t)held);
    field_close(&call->body, '}');
}

void
control_get_clock(struct control_call *call)
{
    struct settable_clock *clock = &call->simulator->clock;
    field_open(&call->body, NULL, '{');
    field_instant(&call->body, "now", settable_clock_now_ms(clock));
    field_boolean(&call->body, "stands", settable_clock_stands(clock));
    field_close(&call->body, '}');
}

void
control_put_clock(struct control_call *call)
{
    static const int64_t century_s = INT64_C(3155760000);
    struct settable_clock *clock = &call->simulator->clock;
    const json_t *now = json_object_get(call->document, "now");
    const json_t *advance = json_object_get(call->document, "advance_s");
    double advance_s = json_number_value(advance);
    int64_t now_ms = SETTABLE_CLOCK_RUNS;
    bool is_now = now != NULL && advance == NULL &&
                  (json_is_null(now) ||
                   (json_is_string(now) && calendar_parse(json_string_value(now), &now_ms)));
    if (is_now)
        settable_clock_set(clock, now_ms);
    else if (now == NULL && json_is_number(advance) && fabs(advance_s) <= (double)century_s)
        settable_clock_advance(clock, llround(advance_s * 1000));
    else
        control_refuse(call, 400, "needs \"now\", an instant or null, or \"advance_s\", a number");
    if (call->status == 200)
        control_get_clock(call);
}

void
control_get_keys(struct control_call *call)
{
    keys_write(&call->simulator->keys, &call->body);
}

void
control_put_keys(struct control_call *call)
{
    char complaint[256];
    if (keys_replace(&call->simulator->keys, call->document, complaint, sizeof complaint))
        control_get_keys(call);
    else
        control_refuse(call, 400, complaint);
}

void
control_get_settings(struct control_call *call)
{
    settings_write(&call->simulator->settings, &call->body);
}

void
control_put_settings(struct control_call *call)
{
    char complaint[256];
    if (settings_change(&call->simulator->settings, call->document, complaint, sizeof complaint))
        control_get_settings(call);
    else
        control_refuse(call, 400, complaint);
}

void
control_get_health(struct control_call *call)
{
    const struct dataset *dataset = call->simulator->dataset;
    field_open(&call->body, NULL, '{');
    field_string(&call->body, "status", "ok");
    field_integer(&call->body, "seed", (int64_t)dataset->seed);
    field_integer(&call->body, "properties", (int64_t)dataset->property_count);
    field_integer(&call->body, "sale_listings", (int64_t)dataset->listing_count[BOOK_SALE]);
    field_integer(&call->body, "rental_listings", (int64_t)dataset->listing_count[BOOK_RENTAL]);
    field_close(&call->body, '}');
}
