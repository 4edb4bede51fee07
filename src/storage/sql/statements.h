/* statements.h - every statement that runs after the schema stands, in one table.
 *
 * One text serves SQLite and PostgreSQL: parameters are $1, $2, ... in any order; ON CONFLICT,
 * RETURNING, TRUE and NULL mean the same in both. What cannot be written once does not stand here
 * but is a word of the dialect (sql_expand). */
#pragma once

/* clang-format off */
#define KEY_COLUMNS                                                                                \
    "SELECT k.id, k.key_name, k.key_hash, k.is_active, k.daily_limit, k.monthly_limit,"            \
    " coalesce((SELECT d.requests FROM usage_daily d"                                              \
    "  WHERE d.api_key_id = k.id AND d.day = $1), 0),"                                             \
    " coalesce((SELECT sum(m.requests) FROM usage_daily m"                                         \
    "  WHERE m.api_key_id = k.id AND m.day >= $2 AND m.day < $3), 0),"                             \
    " k.created_at, k.expires_at, k.last_used, k.limits, k.rights, k.previous_hash, k.previous_until"         \
    " FROM api_keys k "

/* Rows of usage_stats before a place in their order (an instant and, within it, an id), newest first. Every statement goes
 * along one of the indexes that have created_at last. */
#define USAGE_ROW_COLUMNS                                                                          \
    "SELECT u.id, u.created_at, u.api_key_id,"                                                     \
    " coalesce((SELECT k.key_name FROM api_keys k WHERE k.id = u.api_key_id), ''), u.endpoint,"    \
    " u.method, u.status_code, CAST(round(u.response_time_ms * 1000) AS BIGINT), u.decision,"      \
    " u.level, u.cost_micro_usd, u.saved_micro_usd, u.user_agent, u.ip_address "
#define USAGE_ROW_SPAN  " AND u.created_at >= $1 AND (u.created_at, u.id) < ($2, $3)"
#define USAGE_ROW_ORDER " ORDER BY u.created_at DESC, u.id DESC LIMIT $4"
#define USAGE_ROW_RANGE USAGE_ROW_SPAN USAGE_ROW_ORDER

#define COMMON_STATEMENTS(X)                                                                       \
    X(SCHEMA_VERSION, "SELECT max(version) FROM schema_migrations")                                \
    X(SCHEMA_ADVANCE, "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)")             \
    X(META_GET, "SELECT value FROM meta WHERE name = $1")                                          \
    X(META_ADVANCE, "UPDATE meta SET value = value + 1 WHERE name = $1 RETURNING value")           \
    X(META_SET, "UPDATE meta SET value = $2 WHERE name = $1")                                      \
    X(META_START, "UPDATE meta SET value = $2 WHERE name = $1 AND value = 0")                      \
    X(META_COUNT, "INSERT INTO meta AS m (name, value) VALUES ($1, 1)"                             \
                  " ON CONFLICT (name) DO UPDATE SET value = m.value + 1")

#define ACCOUNT_STATEMENTS(X)                                                                      \
    X(KEY_CREATE,                                                                                  \
      "INSERT INTO api_keys (key_name, key_hash, is_active, daily_limit, monthly_limit,"           \
      " last_daily_reset, last_monthly_reset, created_at, expires_at, limits, rights)"             \
      " VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id")  \
    X(KEY_FIND, KEY_COLUMNS "WHERE k.key_name = $4 AND k.deleted_at IS NULL")                      \
    X(KEY_FIND_ID, KEY_COLUMNS "WHERE k.id = $4 AND k.deleted_at IS NULL")                         \
    X(KEY_UPDATE,                                                                                  \
      "UPDATE api_keys SET is_active = $2, daily_limit = $3, monthly_limit = $4, expires_at = $5," \
      " limits = $6, rights = $7 WHERE id = $1 AND deleted_at IS NULL")                            \
    X(KEY_FIND_PREVIOUS,                                                                           \
      "SELECT id FROM api_keys WHERE previous_hash = $1 AND previous_until > $2 LIMIT 1")          \
    X(KEY_ROTATE,                                                                                  \
      "UPDATE api_keys SET previous_hash = key_hash, previous_until = $3, key_hash = $2"           \
      " WHERE id = $1 AND deleted_at IS NULL")                                                     \
    X(KEY_DELETE,                                                                                  \
      "UPDATE api_keys SET is_active = FALSE, deleted_at = $2,"                                    \
      " key_name = substr(key_name, 1, 70) || ' (deleted ' || id || ')',"                          \
      " key_hash = 'x' || id || '-' || substr(key_hash, 1, 40), previous_hash = '',"               \
      " previous_until = NULL"                                                                     \
      " WHERE id = $1 AND deleted_at IS NULL")                                                     \
    X(CREATION_ADD, "INSERT INTO key_creations (idempotency_hash, body_hash, api_key_id, created_at)" \
                    " VALUES ($1, $2, $3, $4)")                                                    \
    X(CREATION_FIND,                                                                               \
      "SELECT api_key_id, body_hash FROM key_creations WHERE idempotency_hash = $1")               \
    X(CREATION_FORGET, "DELETE FROM key_creations WHERE created_at < $1")                          \
    X(KEY_LIST, KEY_COLUMNS "WHERE k.id > $4 AND k.deleted_at IS NULL ORDER BY k.id LIMIT $5")     \
    X(KEY_LIMITS,                                                                                  \
      "SELECT daily_limit, monthly_limit FROM api_keys WHERE id = $1 AND deleted_at IS NULL")      \
    X(KEY_COUNT_ACTIVE,                                                                            \
      "SELECT count(*) FROM api_keys WHERE is_active = TRUE AND deleted_at IS NULL"                \
      " AND (expires_at IS NULL OR expires_at > $1)")                                              \
    X(KEY_LAST_USED,                                                                               \
      "UPDATE api_keys SET last_used = $2"                                                         \
      " WHERE id = $1 AND (last_used IS NULL OR last_used < $2)")                                  \
    X(KEY_COUNT_USAGE,                                                                             \
      "UPDATE api_keys SET"                                                                        \
      " daily_usage = coalesce((SELECT d.requests FROM usage_daily d"                              \
      "  WHERE d.api_key_id = $1 AND d.day = $2), 0),"                                             \
      " monthly_usage = coalesce((SELECT sum(m.requests) FROM usage_daily m"                       \
      "  WHERE m.api_key_id = $1 AND m.day >= $3 AND m.day < $4), 0),"                             \
      " last_daily_reset = CASE WHEN last_daily_reset >= $5 THEN last_daily_reset ELSE $5 END,"    \
      " last_monthly_reset ="                                                                      \
      "  CASE WHEN last_monthly_reset >= $6 THEN last_monthly_reset ELSE $6 END"                   \
      " WHERE id = $1 AND (last_daily_reset IS NULL OR last_daily_reset < $7)")                    \
    X(USAGE_MARK_GET, "SELECT sequence FROM usage_marks WHERE spool_id = $1 AND ring = $2")        \
    X(USAGE_MARK_SET, "INSERT INTO usage_marks (spool_id, ring, sequence) VALUES ($1, $2, $3)"     \
                      " ON CONFLICT (spool_id, ring) DO UPDATE SET sequence = excluded.sequence")  \
    X(USAGE_INSERT,                                                                                \
      "INSERT INTO usage_stats (api_key_id, endpoint, method, status_code, response_time_ms,"      \
      " cache_hit, estimated_cost, user_agent, ip_address, created_at, decision, level,"           \
      " cost_micro_usd, saved_micro_usd, spool_id, ring, sequence)"                                \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)")      \
    X(USAGE_FORGET,                                                                                \
      "DELETE FROM usage_stats WHERE id IN (SELECT id FROM usage_stats"                            \
      "  WHERE cache_hit = $1 AND created_at < $2 ORDER BY created_at LIMIT $3)")                  \
    X(USAGE_OLDEST, "SELECT min(created_at) FROM usage_stats WHERE cache_hit = $1")                \
    X(USAGE_ROWS_OF_KEY,                                                                           \
      USAGE_ROW_COLUMNS "FROM usage_stats u WHERE u.api_key_id = $5" USAGE_ROW_RANGE)              \
    X(USAGE_ROWS_OF_ENDPOINT,                                                                      \
      USAGE_ROW_COLUMNS "FROM usage_stats u WHERE u.endpoint = $5" USAGE_ROW_RANGE)                \
    X(USAGE_ROWS_OF_HITS,                                                                          \
      USAGE_ROW_COLUMNS "FROM usage_stats u WHERE u.cache_hit = $5" USAGE_ROW_RANGE)               \
    X(USAGE_ROWS,                                                                                  \
      USAGE_ROW_COLUMNS "FROM (SELECT * FROM usage_stats u WHERE cache_hit = TRUE" USAGE_ROW_SPAN  \
      " UNION ALL SELECT * FROM usage_stats u WHERE cache_hit = FALSE" USAGE_ROW_SPAN ") u"        \
      USAGE_ROW_ORDER)                                                                             \
    X(USAGE_HOUR_ADD,                                                                              \
      "INSERT INTO usage_hourly AS u (hour, endpoint, hits, stale, collapsed, misses, refused,"    \
      " errors, response_time_us, cost_micro_usd, saved_micro_usd)"                                \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"                                     \
      " ON CONFLICT (hour, endpoint) DO UPDATE SET hits = u.hits + excluded.hits,"                 \
      " stale = u.stale + excluded.stale, collapsed = u.collapsed + excluded.collapsed,"           \
      " misses = u.misses + excluded.misses, refused = u.refused + excluded.refused,"              \
      " errors = u.errors + excluded.errors,"                                                      \
      " response_time_us = u.response_time_us + excluded.response_time_us,"                        \
      " cost_micro_usd = u.cost_micro_usd + excluded.cost_micro_usd,"                              \
      " saved_micro_usd = u.saved_micro_usd + excluded.saved_micro_usd")                           \
    X(USAGE_DAY_ADD,                                                                               \
      "INSERT INTO usage_daily AS u"                                                               \
      " (api_key_id, day, requests, cost_micro_usd, saved_micro_usd, calls)"                       \
      " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (api_key_id, day) DO UPDATE SET"               \
      " requests = u.requests + excluded.requests, calls = u.calls + excluded.calls,"              \
      " cost_micro_usd = u.cost_micro_usd + excluded.cost_micro_usd,"                              \
      " saved_micro_usd = u.saved_micro_usd + excluded.saved_micro_usd")                           \
    X(MONEY_OF_KEYS,                                                                               \
      "SELECT u.api_key_id, sum(u.requests), sum(u.calls), sum(u.cost_micro_usd),"                 \
      " sum(u.saved_micro_usd), coalesce(k.key_name, '')"                                          \
      " FROM usage_daily u LEFT JOIN api_keys k ON k.id = u.api_key_id"                            \
      " WHERE u.api_key_id >= $1 AND u.api_key_id <= $2 AND u.day >= $3 AND u.day < $4"            \
      " GROUP BY u.api_key_id, k.key_name ORDER BY u.api_key_id")                                  \
    X(MONEY_OF_ENDPOINTS,                                                                          \
      "SELECT endpoint, sum(hits + stale + collapsed + misses + refused + errors), 0, 0,"          \
      " sum(saved_micro_usd) FROM usage_hourly WHERE hour >= $1 AND hour < $2 GROUP BY endpoint")  \
    X(MONEY_OF_ROUTES,                                                                             \
      "SELECT route, 0, sum(calls), sum(cost_micro_usd), 0 FROM ledger_hourly"                     \
      " WHERE hour >= $1 AND hour < $2 GROUP BY route")                                            \
    X(MONEY_OF_HOURS,                                                                              \
      "SELECT hour, sum(hits + stale + collapsed + misses + refused + errors), 0, 0,"              \
      " sum(saved_micro_usd) FROM usage_hourly WHERE hour >= $1 AND hour < $2"                     \
      " GROUP BY hour ORDER BY hour")                                                              \
    X(MONEY_OF_CALL_HOURS,                                                                         \
      "SELECT hour, 0, sum(calls), sum(cost_micro_usd), 0 FROM ledger_hourly"                      \
      " WHERE hour >= $1 AND hour < $2 GROUP BY hour ORDER BY hour")                               \
    X(USAGE_TOTALS,                                                                                \
      "SELECT endpoint, sum(hits), sum(stale), sum(collapsed), sum(misses), sum(refused),"         \
      " sum(errors), sum(response_time_us), sum(saved_micro_usd) FROM usage_hourly"                \
      " WHERE hour >= $1 AND ($2 = '' OR endpoint = $2) GROUP BY endpoint ORDER BY endpoint")      \
    X(LEDGER_RESERVE,                                                                              \
      "INSERT INTO ledger (call_id, instance, epoch, api_key_id, route, reason, status,"           \
      " price_micro_usd, cost_micro_usd, reserved_at)"                                             \
      " VALUES ($1, $2, $3, $4, $5, $6, 'reserved', $7, 0, $8) ON CONFLICT (call_id) DO NOTHING")  \
    X(LEDGER_SETTLE,                                                                               \
      "UPDATE ledger SET status = $2, http_status = $3, cost_micro_usd = $4, duration_us = $5,"    \
      " settled_at = $6 WHERE call_id = $1")                                                       \
    X(LEDGER_FIND,                                                                                 \
      "SELECT route, reserved_at, cost_micro_usd, status = 'reserved',"                            \
      " status = 'unknown' AND duration_us IS NULL FROM ledger WHERE call_id = $1")                \
    X(LEDGER_ABANDON,                                                                              \
      "UPDATE ledger SET status = 'unknown', cost_micro_usd = price_micro_usd * $4,"               \
      " settled_at = $3 WHERE instance = $1 AND epoch <> $2 AND status = 'reserved'"               \
      " RETURNING route, reserved_at, cost_micro_usd")                                             \
    X(LEDGER_FORGET,                                                                               \
      "DELETE FROM ledger WHERE call_id IN (SELECT call_id FROM ledger"                            \
      "  WHERE reserved_at < $1 AND status <> 'reserved' ORDER BY reserved_at LIMIT $2)")          \
    X(LEDGER_HOUR_ADD,                                                                             \
      "INSERT INTO ledger_hourly AS l"                                                             \
      " (hour, route, calls, reserved, billed, free, unknown, cost_micro_usd)"                     \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (hour, route) DO UPDATE SET"           \
      " calls = l.calls + excluded.calls, reserved = l.reserved + excluded.reserved,"              \
      " billed = l.billed + excluded.billed, free = l.free + excluded.free,"                       \
      " unknown = l.unknown + excluded.unknown,"                                                   \
      " cost_micro_usd = l.cost_micro_usd + excluded.cost_micro_usd")                              \
    X(LEDGER_TOTALS,                                                                               \
      "SELECT route, sum(calls), sum(billed), sum(free), sum(unknown), sum(reserved),"             \
      " sum(cost_micro_usd) FROM ledger_hourly"                                                    \
      " WHERE hour >= $1 AND ($2 = '' OR route = $2) GROUP BY route ORDER BY route")               \
    X(QUOTA_GET,                                                                                   \
      "SELECT granted FROM quota_grants WHERE api_key_id = $1 AND period = $2 AND starts = $3")    \
    X(QUOTA_ADD, "INSERT INTO quota_grants AS q (api_key_id, period, starts, granted)"             \
                 " VALUES ($1, $2, $3, $4) ON CONFLICT (api_key_id, period, starts)"               \
                 " DO UPDATE SET granted = q.granted + excluded.granted")                          \
    X(QUOTA_RETURN,                                                                                \
      "UPDATE quota_grants SET granted = CASE WHEN granted > $4 THEN granted - $4 ELSE 0 END"      \
      " WHERE api_key_id = $1 AND period = $2 AND starts = $3")                                    \
    X(LIMIT_GET, "SELECT full_at, parts FROM rate_limits WHERE api_key_id = $1 AND endpoint = $2") \
    X(LIMIT_PUT,                                                                                   \
      "INSERT INTO rate_limits AS r (api_key_id, endpoint, current_tokens, last_refill, full_at,"  \
      " parts) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (api_key_id, endpoint) DO UPDATE SET"   \
      " current_tokens = excluded.current_tokens, last_refill = excluded.last_refill,"             \
      " full_at = excluded.full_at, parts = excluded.parts"                                        \
      " WHERE excluded.parts IS NOT NULL OR r.full_at IS NULL OR excluded.full_at >= r.full_at")   \
    X(LIMIT_LIST,                                                                                  \
      "SELECT r.id, r.api_key_id, k.key_hash, r.endpoint, r.current_tokens, r.last_refill,"        \
      " r.full_at, r.parts FROM rate_limits r JOIN api_keys k ON k.id = r.api_key_id"              \
      " WHERE r.id > $1 AND r.full_at > $2 AND k.deleted_at IS NULL ORDER BY r.id LIMIT $3")       \
    X(LIMIT_FORGET,                                                                                \
      "DELETE FROM rate_limits WHERE id IN (SELECT id FROM rate_limits"                            \
      "  WHERE full_at < $1 ORDER BY full_at LIMIT $2)")                                           \
    X(USAGE_STATUS_ADD,                                                                            \
      "INSERT INTO usage_statuses AS u (hour, endpoint, status_code, requests)"                    \
      " VALUES ($1, $2, $3, $4) ON CONFLICT (hour, endpoint, status_code)"                         \
      " DO UPDATE SET requests = u.requests + excluded.requests")                                  \
    X(USAGE_DURATION_ADD,                                                                          \
      "INSERT INTO usage_durations AS u (hour, endpoint, up_to_us, requests)"                      \
      " VALUES ($1, $2, $3, $4) ON CONFLICT (hour, endpoint, up_to_us)"                            \
      " DO UPDATE SET requests = u.requests + excluded.requests")                                  \
    X(USAGE_HOURS,                                                                                 \
      "SELECT hour, sum(hits), sum(stale), sum(collapsed), sum(misses), sum(refused), sum(errors),"\
      " sum(response_time_us), sum(saved_micro_usd), sum(cost_micro_usd) FROM usage_hourly"        \
      " WHERE hour >= $1 AND ($2 = '' OR endpoint = $2) GROUP BY hour ORDER BY hour")              \
    X(USAGE_STATUSES,                                                                              \
      "SELECT endpoint, status_code, sum(requests) FROM usage_statuses"                            \
      " WHERE hour >= $1 AND ($2 = '' OR endpoint = $2)"                                           \
      " GROUP BY endpoint, status_code ORDER BY endpoint, status_code")                            \
    X(USAGE_DURATIONS,                                                                             \
      "SELECT endpoint, up_to_us, sum(requests) FROM usage_durations"                              \
      " WHERE hour >= $1 AND ($2 = '' OR endpoint = $2)"                                           \
      " GROUP BY endpoint, up_to_us ORDER BY endpoint, up_to_us")

#define ENTRY_STATEMENTS(X)                                                                        \
    X(ENTRY_GET,                                                                                   \
      "SELECT cache_key, signature, endpoint, method, params_hash, headers, response_data,"        \
      " status_code, cost_micro_usd, created_at, expires_at, stale_until, fetched_by_key_id,"      \
      " purge_number, is_valid FROM cache_entries WHERE cache_key = $1")                            \
    X(ENTRY_PUT,                                                                                   \
      "INSERT INTO cache_entries (cache_key, endpoint, method, params_hash, status_code,"          \
      " estimated_cost, cost_micro_usd, created_at, expires_at, stale_until, last_accessed,"       \
      " signature, headers, fetched_by_key_id, purge_number, body_size, response_data)"            \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $8, $11, $12, $13, $14, $15, $16)"        \
      " ON CONFLICT (cache_key) DO UPDATE SET endpoint = excluded.endpoint,"                       \
      " method = excluded.method, params_hash = excluded.params_hash,"                             \
      " status_code = excluded.status_code, estimated_cost = excluded.estimated_cost,"             \
      " cost_micro_usd = excluded.cost_micro_usd, created_at = excluded.created_at,"               \
      " expires_at = excluded.expires_at, stale_until = excluded.stale_until, is_valid = TRUE,"    \
      " signature = excluded.signature, headers = excluded.headers,"                               \
      " fetched_by_key_id = excluded.fetched_by_key_id, purge_number = excluded.purge_number,"     \
      " body_size = excluded.body_size, response_data = excluded.response_data,"                   \
      " last_accessed = CASE WHEN cache_entries.last_accessed >= excluded.last_accessed"           \
      " THEN cache_entries.last_accessed ELSE excluded.last_accessed END")                         \
    X(ENTRY_COUNT_HIT,                                                                             \
      "UPDATE cache_entries SET hit_count = hit_count + $2, last_accessed ="                       \
      " CASE WHEN last_accessed >= $3 THEN last_accessed ELSE $3 END WHERE cache_key = $1")        \
    X(ENTRY_FIRST_ENDPOINT, "SELECT min(endpoint) FROM cache_entries WHERE endpoint > $1")         \
    X(ENTRY_CLEAN,                                                                                 \
      "DELETE FROM cache_entries WHERE id IN (SELECT o.id FROM (SELECT id, stale_until"            \
      "  FROM cache_entries WHERE endpoint = $1 AND expires_at < $2"                               \
      "  ORDER BY expires_at LIMIT $3) AS o WHERE o.stale_until IS NULL OR o.stale_until < $2)")   \
    X(ENTRY_DROP_CLEARED,                                                                          \
      "DELETE FROM cache_entries WHERE id IN (SELECT id FROM cache_entries"                        \
      "  WHERE is_valid = FALSE LIMIT $1)")                                                        \
    X(ENTRY_DROP_EXPIRED,                                                                          \
      "DELETE FROM cache_entries WHERE id IN (SELECT id FROM cache_entries"                        \
      "  WHERE endpoint = $1 AND expires_at < $2 ORDER BY expires_at LIMIT $3)")                   \
    X(ENTRY_DROP_OLDEST,                                                                           \
      "DELETE FROM cache_entries WHERE id = (SELECT id FROM cache_entries"                         \
      "  ORDER BY last_accessed LIMIT 1) RETURNING body_size")                                     \
    X(ENTRY_COUNT, "SELECT count(*) FROM cache_entries")                                           \
    X(ENTRY_COUNT_VALID, "SELECT count(*) FROM cache_entries WHERE is_valid = TRUE")               \
    X(ENTRY_CLEAR_ALL, "UPDATE cache_entries SET is_valid = FALSE WHERE is_valid = TRUE")          \
    X(ENTRY_CLEAR_ENDPOINT,                                                                        \
      "UPDATE cache_entries SET is_valid = FALSE WHERE endpoint = $1 AND is_valid = TRUE")         \
    X(ENTRY_CLEAR_OLD,                                                                             \
      "UPDATE cache_entries SET is_valid = FALSE WHERE is_valid = TRUE"                            \
      " AND created_at < $1 AND expires_at < $2 AND ($3 = '' OR endpoint = $3)")                   \
    X(ENTRY_TOTALS,                                                                                \
      "SELECT endpoint, count(*), sum(CASE WHEN is_valid = TRUE THEN 1 ELSE 0 END),"               \
      " sum(CASE WHEN is_valid = TRUE AND expires_at > $1 THEN 1 ELSE 0 END), sum(body_size),"     \
      " sum(hit_count), sum(hit_count * cost_micro_usd) FROM cache_entries"                        \
      " WHERE $2 = '' OR endpoint = $2 GROUP BY endpoint ORDER BY endpoint")                       \
    X(PURGE_ADD,                                                                                   \
      "INSERT INTO purge_log (number, scope, endpoint, fetched_before, expired_before, created_at)" \
      " VALUES ($1, $2, $3, $4, $5, $6)")                                                          \
    X(PURGE_MATCH,                                                                                 \
      "SELECT number FROM purge_log WHERE number > $1 AND (scope = 'all' OR endpoint = $2)"        \
      " AND (fetched_before IS NULL OR fetched_before > $3)"                                       \
      " AND (expired_before IS NULL OR expired_before > $4) LIMIT 1")                              \
    X(PURGE_LIST,                                                                                  \
      "SELECT number, scope, endpoint, fetched_before, expired_before FROM purge_log"              \
      " WHERE number > $1 ORDER BY number LIMIT $2")                                               \
    X(PURGE_FORGET, "DELETE FROM purge_log WHERE created_at < $1")

#define STATEMENTS(X) COMMON_STATEMENTS(X) ACCOUNT_STATEMENTS(X) ENTRY_STATEMENTS(X)
/* clang-format on */

enum statement {
#define STATEMENT_ENUM(name, text) STATEMENT_##name,
    STATEMENTS(STATEMENT_ENUM)
#undef STATEMENT_ENUM
        STATEMENT_COUNT
};
