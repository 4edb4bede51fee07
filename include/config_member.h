/* config_member.h - a row of an option table as a member of a struct. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rate.h"

#define CONFIG_TEXT_SIZE             512

#define CONFIG_MEMBER_INT(member)    int64_t member;
#define CONFIG_MEMBER_FLAG(member)   bool member;
#define CONFIG_MEMBER_TEXT(member)   char member[CONFIG_TEXT_SIZE];
#define CONFIG_MEMBER_SECRET(member) char member[CONFIG_TEXT_SIZE];
#define CONFIG_MEMBER_RATE(member)   struct rate member;
#define CONFIG_MEMBER(section, type, member, def, least, most, env, help)                          \
    CONFIG_MEMBER_##type(member)
