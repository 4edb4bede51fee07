/* parameter_value.c - one function a type, in a table. */
#include "routing/parameter_value.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number_text.h"
#include "routing/filter_grammar.h"

#define TEXT_LENGTH_USUAL 256
#define CHOICES_MAX       64

typedef void check_function(const struct parameter_config *parameter, struct bytes value,
                            struct text *out, struct parameter_value *result,
                            struct parameter_problem *problem);

static void parameter_value_refuse(struct parameter_problem *problem, const char *type,
                                   const char *format, ...) __attribute__((format(printf, 3, 4)));

static void
parameter_value_refuse(struct parameter_problem *problem, const char *type, const char *format, ...)
{
    va_list arguments;

    problem->type = type;
    va_start(arguments, format);
    vsnprintf(problem->message, sizeof problem->message, format, arguments);
    va_end(arguments);
}

static struct bytes
parameter_value_append(struct text *out, struct bytes bytes)
{
    size_t start = out->size;

    text_add_bytes(out, bytes);
    return text_since(out, start);
}

static void
accept_text(struct parameter_value *result, struct bytes value)
{
    *result = (struct parameter_value){.json = value, .wire = value, .is_text = true};
}

bool
parameter_read_int(struct bytes value, int64_t *number)
{
    size_t sign = value.size > 0 && (value.data[0] == '-' || value.data[0] == '+');

    *number = 0;
    if (!bytes_read_number(bytes_skip(value, sign), number))
        return false;
    if (value.data[0] == '-')
        *number = -*number;
    return true;
}

int
parameter_read_flag(struct bytes value)
{
    static const char *const words[] = {"false", "true", "0", "1"};

    for (int i = 0; i < 4; i++)
        if (bytes_is_name(value, words[i]))
            return i % 2;
    return -1;
}

static void
check_text(const struct parameter_config *parameter, struct bytes value, struct text *out,
           struct parameter_value *result, struct parameter_problem *problem)
{
    int64_t most = parameter->max_length > 0 ? parameter->max_length : TEXT_LENGTH_USUAL;

    (void)out;
    if ((int64_t)value.size > most)
        parameter_value_refuse(problem, "string_too_long",
                               "String should have at most %lld characters", (long long)most);
    accept_text(result, value);
}

/* Bounds are shown as integers where they are. */
static void
refuse_bound(struct parameter_problem *problem, const char *type, const char *relation,
             double bound)
{
    bool is_whole = bound >= -1e15 && bound <= 1e15 && (double)(int64_t)bound == bound;

    if (is_whole)
        parameter_value_refuse(problem, type, "Input should be %s than or equal to %lld", relation,
                               (long long)bound);
    else
        parameter_value_refuse(problem, type, "Input should be %s than or equal to %g", relation,
                               bound);
}

static void
check_range(const struct parameter_config *parameter, double number,
            struct parameter_problem *problem)
{
    if (number < parameter->least)
        refuse_bound(problem, "greater_than_equal", "greater", parameter->least);
    else if (number > parameter->most)
        refuse_bound(problem, "less_than_equal", "less", parameter->most);
}

static void
check_integer(const struct parameter_config *parameter, struct bytes value, struct text *out,
              struct parameter_value *result, struct parameter_problem *problem)
{
    size_t start = out->size;
    int64_t number;

    if (!parameter_read_int(value, &number)) {
        parameter_value_refuse(
            problem, "int_parsing",
            "Input should be a valid integer, unable to parse string as an integer");
        return;
    }
    check_range(parameter, (double)number, problem);
    text_add_int(out, number);
    result->json = result->wire = text_since(out, start);
}

/* Plain decimals only: no exponent, no infinity, no hexadecimal. What goes on must be one that is taken here, too. */
static void
check_number(const struct parameter_config *parameter, struct bytes value, struct text *out,
             struct parameter_value *result, struct parameter_problem *problem)
{
    struct number_text number;

    if (!number_text_read(value, &number) || strlen(number.plain) > NUMBER_INPUT_MOST) {
        parameter_value_refuse(
            problem, "float_parsing",
            "Input should be a valid number, unable to parse string as a number");
        return;
    }
    check_range(parameter, number.value, problem);
    result->wire = parameter_value_append(out, bytes_of_text(number.plain));
    result->json = parameter_value_append(out, bytes_of_text(number.repr));
}

static void
check_flag(const struct parameter_config *parameter, struct bytes value, struct text *out,
           struct parameter_value *result, struct parameter_problem *problem)
{
    int flag = parameter_read_flag(value);

    (void)parameter;
    (void)out;
    if (flag < 0)
        parameter_value_refuse(problem, "bool_parsing",
                               "Input should be a valid boolean, unable to interpret input");
    result->json = result->wire = bytes_of_text(flag > 0 ? "true" : "false");
}

static bool
is_choice(const char *values, struct bytes value)
{
    struct bytes rest = bytes_of_text(values);

    while (rest.size > 0)
        if (bytes_equal(value, bytes_take_until(&rest, '|')))
            return true;
    return false;
}

static void
refuse_choice(const struct parameter_config *parameter, struct parameter_problem *problem)
{
    parameter_value_refuse(problem, "enum", "Input should be one of: %.120s", parameter->values);
}

static void
check_choice(const struct parameter_config *parameter, struct bytes value, struct text *out,
             struct parameter_value *result, struct parameter_problem *problem)
{
    (void)out;
    if (!is_choice(parameter->values, value))
        refuse_choice(parameter, problem);
    accept_text(result, value);
}

static int
compare_bytes(const void *left, const void *right)
{
    return bytes_compare(*(const struct bytes *)left, *(const struct bytes *)right);
}

/* Any of them matches: the order and doubles mean nothing. */
static void
check_choices(const struct parameter_config *parameter, struct bytes value, struct text *out,
              struct parameter_value *result, struct parameter_problem *problem)
{
    struct bytes chosen[CHOICES_MAX];
    size_t count = 0, start = out->size;

    for (size_t at = 0; at <= value.size;) {
        const uint8_t *bar = at < value.size ? memchr(value.data + at, '|', value.size - at) : NULL;
        size_t end = bar != NULL ? (size_t)(bar - value.data) : value.size;
        struct bytes one = bytes_of(value.data + at, end - at);

        if (count == CHOICES_MAX || !is_choice(parameter->values, one)) {
            refuse_choice(parameter, problem);
            return;
        }
        chosen[count++] = one;
        at = end + 1;
    }
    qsort(chosen, count, sizeof *chosen, compare_bytes);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && bytes_equal(chosen[i], chosen[i - 1]))
            continue;
        text_add(out, out->size > start ? "|" : "");
        text_add_bytes(out, chosen[i]);
    }
    accept_text(result, text_since(out, start));
}

static void
take_filter(enum filter_result filtered, size_t start, const struct text *out, const char *expected,
            struct parameter_value *result, struct parameter_problem *problem)
{
    if (filtered == FILTER_INVALID)
        parameter_value_refuse(problem, "value_error", "%s", expected);
    accept_text(result, text_since(out, start));
    result->is_absent = filtered == FILTER_NONE;
}

static void
check_filter(const struct parameter_config *parameter, struct bytes value, struct text *out,
             struct parameter_value *result, struct parameter_problem *problem)
{
    size_t start = out->size;

    (void)parameter;
    take_filter(filter_normalise(value, out), start, out,
                "Input should be a range min:max (either may be *) with min <= max, or a list a|b "
                "of numbers",
                result, problem);
}

static void
check_days(const struct parameter_config *parameter, struct bytes value, struct text *out,
           struct parameter_value *result, struct parameter_problem *problem)
{
    size_t start = out->size;

    (void)parameter;
    take_filter(filter_normalise_days(value, out), start, out,
                "Input should be days: a maximum N, or a range min:max, whole numbers from 1",
                result, problem);
}

static void
check_digits(const struct parameter_config *parameter, struct bytes value, struct text *out,
             struct parameter_value *result, struct parameter_problem *problem)
{
    bool is_valid = (int64_t)value.size == parameter->max_length;

    (void)out;
    for (size_t i = 0; i < value.size; i++)
        is_valid = is_valid && isdigit(value.data[i]);
    if (!is_valid)
        parameter_value_refuse(problem, "string_pattern_mismatch",
                               "String should match pattern '^[0-9]{%lld}$'",
                               (long long)parameter->max_length);
    accept_text(result, value);
}

static check_function *const checks[PARAMETER_TYPE_COUNT] = {
    [PARAMETER_TEXT] = check_text,     [PARAMETER_INTEGER] = check_integer,
    [PARAMETER_NUMBER] = check_number, [PARAMETER_FLAG] = check_flag,
    [PARAMETER_CHOICE] = check_choice, [PARAMETER_CHOICES] = check_choices,
    [PARAMETER_FILTER] = check_filter, [PARAMETER_DAYS] = check_days,
    [PARAMETER_DIGITS] = check_digits,
};

void
parameter_check(const struct parameter_config *parameter, struct bytes value, struct text *out,
                struct parameter_value *result, struct parameter_problem *problem)
{
    *result = (struct parameter_value){0};
    problem->type = NULL;
    checks[parameter->type](parameter, value, out, result, problem);
}
