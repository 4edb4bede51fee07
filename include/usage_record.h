/* usage_record.h - one request as the spool keeps it and as analytics stores it: 256 bytes, fixed.
 *
 * Native byte order: the spool file and ipc never leave the machine. */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define USAGE_USER_AGENT_SIZE 96

struct usage_record {
    uint64_t checksum; /* over all that follows; written last */
    int64_t sequence;  /* of its ring, from 1; never starts again while the spool file lives */
    int64_t created_wall_us;
    int64_t api_key_id;
    int64_t cost_micro_usd;  /* what the call that this request caused costs; 0 on hits */
    int64_t saved_micro_usd; /* what a hit saved */
    uint32_t response_time_us;
    uint16_t status_code;
    uint8_t decision;      /* enum decision */
    uint8_t ip_family;     /* 4, 6 or 0 unknown */
    uint8_t ip[16];        /* network order; IPv4 in the first 4 */
    uint8_t cache_key[16]; /* MD5 of the entry's signature; zeros: none */
    char endpoint[50];     /* route's name, NUL-padded */
    char method[10];       /* NUL-padded, may fill all */
    uint8_t user_agent_size;
    uint8_t level;                          /* enum level */
    char user_agent[USAGE_USER_AGENT_SIZE]; /* cut; not terminated */
    uint8_t reserved[10];
};

static_assert(sizeof(struct usage_record) == 256, "records are 256 bytes");

/* How often one entry was read, for L2's hit_count. */
struct entry_hit {
    uint8_t cache_key[16];
    int64_t count;
    int64_t last_wall_us;
};

uint64_t usage_record_checksum(const struct usage_record *record);
/* Checksum, bounds of every field, decision and level known. */
bool usage_record_is_valid(const struct usage_record *record);
