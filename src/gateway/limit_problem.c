/* limit_problem.c - a 429 as a problem with violated-policies. */
#include "limit_problem.h"

#include "answer.h"
#include "text.h"

void
limit_problem_answer(struct exchange *exchange, const struct admission *admission)
{
    char rate[RATE_TEXT_SIZE] = "";
    char members_buffer[256];
    struct text members = text_of(members_buffer, sizeof members_buffer);
    struct problem problem = {
        .status = admission->status,
        .detail = "Rate limit exceeded",
        .retry_after_s = admission->retry_after_s,
    };

    text_add(&members, ", \"violated-policies\": [{\"policy\": \"");
    text_add(&members, admission->policy);
    if (admission->status == STATUS_RATE_LIMITED) {
        rate_format(&admission->rate, rate);
        text_add(&members, "\", \"limit\": \"");
        text_add(&members, rate);
    }
    text_add(&members, "\"}]");
    problem.members = text_bytes(&members);
    answer_problem_with(exchange, &problem);
}
