/* limit_problem.c - a 429 as a problem with violated-policies, and what is left of the limit as headers. */
#include "access/limit_problem.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "response/response.h"

#define FIELDS_SIZE 384
#define DETAIL_SIZE 160

static void
add_number_field(struct text *fields, const char *name, int64_t value)
{
    text_add(fields, name);
    text_add_int(fields, value);
}

/* draft-ietf-httpapi-ratelimit-headers, and the names that came before it. */
static void
add_rate_fields(struct text *fields, const struct admission *admission)
{
    text_add(fields, "RateLimit-Policy: \"");
    text_add(fields, admission->policy);
    add_number_field(fields, "\";q=", admission->rate.count);
    add_number_field(fields, ";w=", admission->rate.period_ms / 1000);
    text_add(fields, "\r\nRateLimit: \"");
    text_add(fields, admission->policy);
    add_number_field(fields, "\";r=", admission->remaining);
    add_number_field(fields, ";t=", admission->reset_s);
    add_number_field(fields, "\r\nX-RateLimit-Limit: ", admission->rate.count);
    add_number_field(fields, "\r\nX-RateLimit-Remaining: ", admission->remaining);
    add_number_field(fields, "\r\nX-RateLimit-Reset: ", admission->reset_s);
    text_add(fields, "\r\n");
}

static void
add_policy_member(struct text *members, const struct admission *admission)
{
    char rate[RATE_TEXT_SIZE] = "";

    text_add(members, ", \"violated-policies\": [{\"policy\": \"");
    text_add(members, admission->policy);
    if (admission->status == STATUS_RATE_LIMITED) {
        rate_format(&admission->rate, rate);
        text_add(members, "\", \"limit\": \"");
        text_add(members, rate);
        text_add(members, "\", \"algorithm\": \"");
        text_add(members, admission->is_window ? "sliding-window" : "token-bucket");
    }
    if (admission->status == STATUS_QUOTA_EXCEEDED) {
        add_number_field(members, "\", \"limit\": ", admission->quota_limit);
        add_number_field(members, ", \"used\": ", admission->quota_used);
        text_add(members, "}]");
    } else {
        text_add(members, "\"}]");
    }
}

static void
explain_quota(const struct admission *admission, char *detail, size_t size)
{
    bool is_used_up = admission->quota_used >= admission->quota_limit;

    snprintf(detail, size, "%lld of the %lld requests of the %s quota are used%s",
             (long long)admission->quota_used, (long long)admission->quota_limit,
             strcmp(admission->policy, "monthly-quota") == 0 ? "monthly" : "daily",
             is_used_up ? "" : ": this request has more items than are left");
}

void
limit_problem_send(struct exchange *exchange, const struct admission *admission)
{
    char members_buffer[256], fields_buffer[FIELDS_SIZE] = "", detail[DETAIL_SIZE];
    struct text members = text_of(members_buffer, sizeof members_buffer);
    struct text fields = text_of(fields_buffer, sizeof fields_buffer - 1);
    struct problem problem = {
        .status = admission->status,
        .detail = "Rate limit exceeded",
        .head = fields_buffer,
        .retry_after_s = admission->retry_after_s,
    };

    if (admission->status == STATUS_UNAUTHORIZED) {
        response_problem(exchange, admission->status, NULL);
        return;
    }
    if (admission->exceeds_limit)
        problem.detail =
            "Rate limit exceeded: this request has more items than the limit allows at once";
    if (admission->status == STATUS_QUOTA_EXCEEDED) {
        explain_quota(admission, detail, sizeof detail);
        problem.detail = detail;
    }
    add_policy_member(&members, admission);
    problem.members = text_bytes(&members);
    if (admission->status == STATUS_RATE_LIMITED)
        add_rate_fields(&fields, admission);
    fields_buffer[fields.size] = '\0';
    response_problem_with(exchange, &problem);
}
