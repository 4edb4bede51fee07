/* request_plan_property_test.c - over a million made-up requests: a key for each meaning, and a meaning for each key.
 *
 * The meaning of a request is written down here a second time, by other means: values are compared with each other, not
 * brought into a form. */
/* links: gateway/request_plan.c gateway/route_table.c gateway/query_decode.c gateway/signature.c */
/* links: gateway/parameter_value.c gateway/filter_grammar.c gateway/number_text.c gateway/text.c @core */

#include <ctype.h>

#include "plan_support.h"
#include "request_meaning.h"
#include "support/row.h"

enum { REQUESTS = 1000000, PAIRS = 1000000, MUTANTS_EACH = 40, TARGET_SIZE = 1024 };

static uint64_t random_state = 88172645463325252ULL;

static uint64_t
draw(uint64_t count)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % count;
}

static char target[TARGET_SIZE];
static size_t target_size;
static char mutant[TARGET_SIZE + 4];

/* ck_assert writes each time that it is passed: here that is millions of times. */
static void
must(bool is_so, const char *otherwise)
{
    if (!is_so)
        ck_abort_msg("%s: %s, %s", otherwise, target, mutant);
}

static void
put(const char *text)
{
    size_t size = strlen(text);

    must(target_size + size < sizeof target, "too long");
    memcpy(target + target_size, text, size + 1);
    target_size += size;
}

/* One byte, as it is where it may be, or escaped; a blank of a query also as a plus. */
static void
put_byte(uint8_t byte, bool in_query)
{
    bool is_plain = byte < 0x80 && (isalnum(byte) || strchr("-._~,:|*", byte) != NULL);
    char escaped[4];

    if (byte == ' ' && in_query && draw(2))
        snprintf(escaped, sizeof escaped, "+");
    else if (is_plain && draw(8) > 0)
        snprintf(escaped, sizeof escaped, "%c", byte);
    else
        snprintf(escaped, sizeof escaped, draw(2) ? "%%%02X" : "%%%02x", byte);
    put(escaped);
}

static void
put_encoded(const char *text, bool in_query)
{
    for (const char *c = text; *c != '\0'; c++)
        put_byte((uint8_t)*c, in_query);
}

/* Texts that try to look like the signature around them. */
static void
draw_text(char text[128])
{
    static const char *const tokens[] = {"a",       "b",        "\"",
                                         "\\",      ", ",       ": ",
                                         "{",       "}",        "\", \"city\": \"",
                                         "\\u00e9", "\xC3\xA9", "\xF0\x9F\x98\x80",
                                         "%",       "+",        "&",
                                         "=",       "1",        "0",
                                         "null",    "/"};

    text[0] = '\0';
    for (uint64_t left = 1 + draw(4); left > 0; left--) {
        const char *token = tokens[draw(COUNT(tokens))];

        memcpy(text + strlen(text), token, strlen(token) + 1);
    }
}

static void
draw_value(const struct parameter_config *parameter, char text[128])
{
    static const char *const filters[] = {"1",   "2",   "2.5", "02",    "2.50",
                                          "1:2", "*:2", "2:*", "*:*",   "1|2",
                                          "2|1", "2|2", "1:1", "1|2|1", "10:20"};
    static const char *const day_ranges[] = {"1", "*:1", "7", "7:*", "*:7", "1:7", "*:*", "07"};
    static const char *const types[] = {"Condo", "Land", "Condo|Land", "Land|Condo", "Land|Land"};
    static const char *const flags[] = {"true", "false", "1", "0", "True", "FALSE"};

    switch (parameter->type) {
    case PARAMETER_INTEGER:
        snprintf(text, 128, "%s%u", draw(4) ? "" : "0", (unsigned)draw(20) + 1);
        break;
    case PARAMETER_NUMBER:
        snprintf(text, 128, "%s%u.%u", draw(3) ? "" : "-", (unsigned)draw(80), (unsigned)draw(100));
        break;
    case PARAMETER_FLAG:
        snprintf(text, 128, "%s", flags[draw(COUNT(flags))]);
        break;
    case PARAMETER_CHOICES:
        snprintf(text, 128, "%s", types[draw(COUNT(types))]);
        break;
    case PARAMETER_FILTER:
        snprintf(text, 128, "%s", filters[draw(COUNT(filters))]);
        break;
    case PARAMETER_DAYS:
        snprintf(text, 128, "%s", day_ranges[draw(COUNT(day_ranges))]);
        break;
    case PARAMETER_DIGITS:
        snprintf(text, 128, "7870%u", (unsigned)draw(4));
        break;
    default:
        draw_text(text);
    }
}

static struct parameter_config of_search[] = {
    {.name = "a", .type = PARAMETER_TEXT},
    {.name = "city", .type = PARAMETER_TEXT},
    {.name = "n", .type = PARAMETER_NUMBER, .least = -100, .most = 100},
    {.name = "beds", .type = PARAMETER_FILTER},
    {.name = "days", .type = PARAMETER_DAYS},
    {.name = "type", .type = PARAMETER_CHOICES, .values = "Condo|Land"},
    {.name = "zip", .type = PARAMETER_DIGITS, .max_length = 5},
    {.name = "limit", .type = PARAMETER_INTEGER, .least = 1, .most = 500, .default_text = "10"},
    {.name = "total", .type = PARAMETER_FLAG, .default_text = "false"},
};

static struct parameter_config of_one[] = {
    {.name = "id", .type = PARAMETER_TEXT, .in_path = true, .required = true},
    {.name = "a", .type = PARAMETER_TEXT},
    {.name = "limit", .type = PARAMETER_INTEGER, .least = 1, .most = 500},
};

static struct parameter_config of_two[] = {
    {.name = "id", .type = PARAMETER_TEXT, .in_path = true, .required = true},
    {.name = "other", .type = PARAMETER_TEXT, .in_path = true, .required = true},
};

#define ROUTE(route_endpoint, route_path, list)                                                    \
    {                                                                                              \
        .name = route_path, .endpoint = route_endpoint, .method = "GET", .path = route_path,       \
        .upstream_path = route_path, .parameters = list, .parameter_count = COUNT(list)            \
    }

static struct route_config routes[] = {
    ROUTE("things", "/search", of_search),
    ROUTE("things", "/one/{id}", of_one),
    ROUTE("things", "/two/{id}/{other}", of_two),
    ROUTE("others", "/other", of_search),
};

static void
setup(void)
{
    plan_use_routes(routes, COUNT(routes));
    target_size = 0;
}

static void
teardown(void)
{
    plan_drop_routes();
}

static void
draw_path(const struct route_config *route)
{
    const struct parameter_config any_text = {.type = PARAMETER_TEXT};
    char value[128];

    for (const char *c = route->path; *c != '\0'; c++) {
        if (*c != '{') {
            put((char[]){*c, '\0'});
            continue;
        }
        draw_value(&any_text, value);
        put_encoded(value, false);
        c += strcspn(c, "}");
    }
}

/* Few parameters of many, in any order, so that equal requests come often. */
static void
draw_target(void)
{
    const struct route_config *route = &routes[draw(COUNT(routes))];
    int64_t first = (int64_t)draw((uint64_t)route->parameter_count);
    const char *mark = "?";
    char value[128];

    target_size = 0;
    draw_path(route);
    for (int64_t i = 0; i < route->parameter_count; i++) {
        const struct parameter_config *parameter =
            &route->parameters[(first + i) % route->parameter_count];

        if (parameter->in_path || draw(3) > 0)
            continue;
        draw_value(parameter, value);
        put(mark);
        put_encoded(parameter->name, true);
        put("=");
        put_encoded(value, true);
        mark = draw(8) ? "&" : "&&x=y&";
    }
}

struct known {
    uint8_t key[16];
    char meaning[16]; /* a hash of it */
};

static int
by_key(const void *left, const void *right)
{
    return memcmp(((const struct known *)left)->key, ((const struct known *)right)->key, 16);
}

static int
by_meaning(const void *left, const void *right)
{
    return memcmp(((const struct known *)left)->meaning, ((const struct known *)right)->meaning,
                  16);
}

/* Neighbours that agree in one of the two must agree in the other; returns how many do. */
static size_t
count_equal(struct known *known, int (*compare)(const void *, const void *))
{
    size_t equal = 0;

    qsort(known, REQUESTS, sizeof *known, compare);
    for (size_t i = 1; i < REQUESTS; i++) {
        bool has_key = by_key(&known[i - 1], &known[i]) == 0;

        must(has_key == (by_meaning(&known[i - 1], &known[i]) == 0),
             "one key for two meanings, or two keys for one");
        equal += has_key;
    }
    return equal;
}

START_TEST(a_million_requests_have_one_key_for_each_meaning)
{
    static char scopes[3][8] = {"", "1", "12"};
    struct known *known = calloc(REQUESTS, sizeof *known);
    size_t equal;

    row("R-032");
    ck_assert_ptr_nonnull(known);
    for (size_t i = 0; i < REQUESTS; i++) {
        const char *scope = scopes[draw(3)];
        struct meaning meaning;

        draw_target();
        must(plan_bytes(bytes_of(target, target_size), scope) == STATUS_OK, "refused");
        must(meaning_read(plan_table, bytes_of(target, target_size), &meaning), "not read");
        meaning_hash(&meaning, scope, known[i].meaning);
        memcpy(known[i].key, plan.cache_key, sizeof known[i].key);
    }
    equal = count_equal(known, by_key);
    ck_assert_uint_eq(count_equal(known, by_meaning), equal);
    ck_assert_uint_gt(equal, 1000);
    ck_assert_uint_lt(equal, REQUESTS - 100000);
    free(known);
}
END_TEST

/* One byte is replaced, put in, taken out, moved, escaped or written in the other case. */
static size_t
mutate(const char *from, size_t size, char *to)
{
    static const char bytes[] = "aA015%&=+|:*.-_~/?,;bBcCdDeEfF2379 \"\\";
    size_t at = 1 + draw(size - 1);
    uint8_t byte = (uint8_t)bytes[draw(sizeof bytes - 1)];
    char escaped[4];

    memcpy(to, from, size);
    switch (draw(6)) {
    case 0:
        to[at] = (char)byte;
        return size;
    case 1:
        memmove(to + at + 1, to + at, size - at);
        to[at] = (char)byte;
        return size + 1;
    case 2:
        memmove(to + at, to + at + 1, size - at - 1);
        return size - 1;
    case 3:
        to[at] = from[at - 1];
        to[at - 1] = from[at];
        return size;
    case 4:
        to[at] = (char)(isupper((uint8_t)from[at]) ? tolower(from[at]) : toupper(from[at]));
        return size;
    default:
        memmove(to + at + 3, to + at + 1, size - at - 1);
        snprintf(escaped, sizeof escaped, "%%%02x", (uint8_t)from[at]);
        memcpy(to + at, escaped, 3);
        return size + 2;
    }
}

static bool
is_planned(const char *text, size_t size, uint8_t key[16], struct meaning *meaning)
{
    if (!meaning_read(plan_table, bytes_of(text, size), meaning) ||
        plan_bytes(bytes_of(text, size), "") != STATUS_OK)
        return false;
    memcpy(key, plan.cache_key, 16);
    return true;
}

START_TEST(targets_that_differ_by_one_byte_share_a_key_only_where_they_mean_the_same)
{
    static struct meaning original, changed;
    uint8_t key[16], other[16];
    size_t equal = 0, different = 0;

    for (size_t pair = 0; pair < PAIRS; pair++) {
        size_t size;

        if (pair % MUTANTS_EACH == 0) {
            draw_target();
            must(is_planned(target, target_size, key, &original), "refused");
        }
        size = mutate(target, target_size, mutant);
        mutant[size] = '\0';
        if (!is_planned(mutant, size, other, &changed))
            continue;
        if (meaning_is_same(&original, &changed)) {
            must(memcmp(key, other, 16) == 0, "the same meaning, two keys");
            equal++;
        } else {
            must(memcmp(key, other, 16) != 0, "two meanings, one key");
            different++;
        }
    }
    ck_assert_uint_gt(equal, PAIRS / 20);
    ck_assert_uint_gt(different, PAIRS / 20);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("request_plan_property");
    TCase *tcase = tcase_create("request_plan_property");

    tcase_set_timeout(tcase, 600);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_million_requests_have_one_key_for_each_meaning);
    tcase_add_test(tcase,
                   targets_that_differ_by_one_byte_share_a_key_only_where_they_mean_the_same);
    suite_add_tcase(suite, tcase);
    return suite;
}
