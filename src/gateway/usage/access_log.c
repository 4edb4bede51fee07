/* access_log.c - usage records as log lines. */
#include "usage/access_log.h"

#include <arpa/inet.h>

#include "base/log.h"
#include "decision.h"
#include "usage_record.h"

static void
write_one(const struct usage_record *record)
{
    char address[INET6_ADDRSTRLEN] = "-";

    if (record->ip_family != 0)
        inet_ntop(record->ip_family == 4 ? AF_INET : AF_INET6, record->ip, address, sizeof address);
    log_info("access key=%lld %.*s %.*s status=%u decision=%s level=%s us=%u ip=%s agent=%.*s",
             (long long)record->api_key_id, (int)strnlen(record->method, sizeof record->method),
             record->method, (int)strnlen(record->endpoint, sizeof record->endpoint),
             record->endpoint, record->status_code, decision_text((enum decision)record->decision),
             level_text((enum level)record->level), record->response_time_us, address,
             record->user_agent_size, record->user_agent);
}

void
access_log_write(struct bytes records)
{
    if (!log_is_enabled(LOG_INFO))
        return;
    for (size_t at = 0; at + sizeof(struct usage_record) <= records.size;
         at += sizeof(struct usage_record)) {
        struct usage_record record;

        memcpy(&record, records.data + at, sizeof record);
        write_one(&record);
    }
}
