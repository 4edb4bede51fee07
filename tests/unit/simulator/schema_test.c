/* schema_test.c - every record there is, member by member: names, kinds, what may be missing or
 * null. */
/* links: @simulator */
#include "calls.h"

#include <stdlib.h>

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* The schemas of the specification: name:kind, then ? for what may be missing and ! for what is
 * always there and may be null. Land has no rooms and no year. */
#define ADDRESS                                                                                    \
    "id:text formattedAddress:text addressLine1:text addressLine2:text! city:text state:text "     \
    "stateFips:text zipCode:text "
#define PLACE "county:text? countyFips:text latitude:number longitude:number "
#define TRAITS                                                                                     \
    "propertyType:text bedrooms:number? bathrooms:number? squareFootage:number? lotSize:number? "  \
    "yearBuilt:number? "
#define OFFERED                                                                                    \
    "status:text price:number listingType:text listedDate:date removedDate:date! "                 \
    "lastSeenDate:date daysOnMarket:number "

static const char property_schema[] = ADDRESS PLACE TRAITS
    "assessorID:text legalDescription:text subdivision:text zoning:text? lastSaleDate:date "
    "lastSalePrice:number? hoa:object? features:object taxAssessments:object propertyTaxes:object "
    "history:object owner:object ownerOccupied:flag";
static const char listing_schema[] = ADDRESS PLACE TRAITS OFFERED
    "hoa:object? createdDate:date mlsName:text? mlsNumber:text? listingAgent:object? "
    "listingOffice:object? builder:object? history:object";
static const char subject_schema[] =
    ADDRESS PLACE TRAITS "lastSaleDate:date? lastSalePrice:number?";
static const char comparable_schema[] =
    ADDRESS PLACE TRAITS OFFERED "distance:number daysOld:number correlation:number";
static const char features_schema[] =
    "architectureType:text? cooling:flag? coolingType:text? exteriorType:text? fireplace:flag? "
    "fireplaceType:text? floorCount:number? foundationType:text? garage:flag? "
    "garageSpaces:number? garageType:text? heating:flag? heatingType:text? pool:flag? "
    "poolType:text? roofType:text? roomCount:number? unitCount:number? viewType:text?";
static const char hoa_schema[] = "fee:number";
static const char assessment_schema[] = "year:number value:number land:number improvements:number";
static const char tax_schema[] = "year:number total:number";
static const char sale_schema[] = "event:text date:date price:number?";
static const char span_schema[] = "event:text price:number listingType:text listedDate:date "
                                  "removedDate:date! daysOnMarket:number";
static const char owner_schema[] = "names:array type:text mailingAddress:object";
static const char mail_schema[] = ADDRESS;
static const char contact_schema[] = "name:text phone:phone email:text? website:text?";
static const char builder_schema[] = "name:text development:text phone:phone website:text";

/* 2024-11-18T00:00:00.000Z; a day without a time in the keys of histories. */
static bool
is_dated(const char *text, const char *pattern)
{
    for (; *pattern != '\0'; pattern++, text++)
        if (*pattern == '9' ? *text < '0' || *text > '9' : *text != *pattern)
            return false;
    return *text == '\0';
}

static bool
is_of_kind(const json_t *value, const char *kind)
{
    const char *text = json_string_value(value);
    switch (*kind) {
    case 't':
        return text != NULL && *text != '\0';
    case 'd':
        return text != NULL && is_dated(text, "9999-99-99T99:99:99.999Z");
    case 'p':
        return text != NULL && is_dated(text, "9999999999");
    case 'n':
        return json_is_number(value);
    case 'f':
        return json_is_boolean(value);
    case 'o':
        return json_is_object(value);
    default:
        return json_is_array(value) && json_array_size(value) > 0;
    }
}

/* Members that are missing, of another kind, null, or none of these. */
static int
count_wrong(const json_t *object, const char *schema)
{
    int wrong = 0;
    size_t known = 0;
    while (*schema != '\0') {
        char name[32];
        size_t name_length = strcspn(schema, ":");
        size_t length = strcspn(schema, " ");
        snprintf(name, sizeof name, "%.*s", (int)name_length, schema);
        const json_t *value = json_object_get(object, name);
        bool is_good = value == NULL         ? schema[length - 1] == '?'
                       : json_is_null(value) ? schema[length - 1] == '!'
                                             : is_of_kind(value, schema + name_length + 1);
        wrong += !is_good;
        known += value != NULL;
        schema += length;
        schema += strspn(schema, " ");
    }
    return wrong + (json_object_size(object) != known);
}

/* The same for each value of an object that is keyed by year or day. */
static int
count_wrong_keyed(const json_t *record, const char *name, const char *key_pattern,
                  const char *schema)
{
    const char *key;
    json_t *value;
    json_t *keyed = json_object_get(record, name);
    int wrong = json_object_size(keyed) == 0;
    json_object_foreach(keyed, key, value)
    {
        const json_t *year = json_object_get(value, "year");
        wrong += !is_dated(key, key_pattern) || count_wrong(value, schema) > 0;
        wrong += year != NULL && json_integer_value(year) != strtol(key, NULL, 10);
    }
    return wrong;
}

static int
count_wrong_optional(const json_t *record, const char *name, const char *schema)
{
    const json_t *value = json_object_get(record, name);
    return value == NULL ? 0 : count_wrong(value, schema);
}

static int
count_wrong_in_property(const json_t *record)
{
    const json_t *owner = json_object_get(record, "owner");
    const json_t *features = json_object_get(record, "features");
    bool has_garage = json_is_true(json_object_get(features, "garage"));
    bool is_land = strcmp(calls_text_of(record, "propertyType"), "Land") == 0;
    return count_wrong(record, property_schema) + count_wrong(features, features_schema) +
           count_wrong_optional(record, "hoa", hoa_schema) +
           count_wrong_keyed(record, "taxAssessments", "9999", assessment_schema) +
           count_wrong_keyed(record, "propertyTaxes", "9999", tax_schema) +
           count_wrong_keyed(record, "history", "9999-99-99", sale_schema) +
           count_wrong(owner, owner_schema) +
           count_wrong(json_object_get(owner, "mailingAddress"), mail_schema) +
           (json_object_get(features, "garageSpaces") != NULL && !has_garage) +
           (is_land != (json_object_get(record, "bedrooms") == NULL)) +
           (is_land != (json_object_get(record, "bathrooms") == NULL)) +
           (is_land != (json_object_get(record, "squareFootage") == NULL)) +
           (is_land != (json_object_get(record, "yearBuilt") == NULL));
}

/* Rules beyond the members: an active listing has no end, only new construction has a builder. */
static int
count_wrong_in_listing(const json_t *record)
{
    bool is_active = strcmp(calls_text_of(record, "status"), "Active") == 0;
    bool is_new = strcmp(calls_text_of(record, "listingType"), "New Construction") == 0;
    bool has_mls = json_object_get(record, "mlsName") != NULL;
    return count_wrong(record, listing_schema) + count_wrong_optional(record, "hoa", hoa_schema) +
           count_wrong_optional(record, "listingAgent", contact_schema) +
           count_wrong_optional(record, "listingOffice", contact_schema) +
           count_wrong_optional(record, "builder", builder_schema) +
           count_wrong_keyed(record, "history", "9999-99-99", span_schema) +
           (is_active != json_is_null(json_object_get(record, "removedDate"))) +
           (is_new != (json_object_get(record, "builder") != NULL)) +
           (has_mls != (json_object_get(record, "mlsNumber") != NULL));
}

/* Calls visit for every row of a list, page by page; the sum of what it returns. */
static int
visit_all(const char *list, int (*visit)(const json_t *record))
{
    int sum = 0;
    size_t count = 500;
    for (size_t offset = 0; count == 500; offset += 500) {
        char target[128];
        size_t index;
        json_t *row;
        snprintf(target, sizeof target, "%slimit=500&offset=%zu", list, offset);
        ck_assert_int_eq(calls_get(target), 200);
        count = json_array_size(document);
        json_array_foreach(document, index, row) sum += visit(row);
    }
    return sum;
}

static const char *const listing_lists[] = {
    "/v1/listings/sale?",
    "/v1/listings/sale?status=Inactive&",
    "/v1/listings/rental/long-term?",
    "/v1/listings/rental/long-term?status=Inactive&",
};

START_TEST(every_property_has_its_schema)
{
    ck_assert_int_eq(visit_all("/v1/properties?", count_wrong_in_property), 0);
}
END_TEST

START_TEST(every_listing_has_its_schema)
{
    ck_assert_int_eq(visit_all(listing_lists[_i], count_wrong_in_listing), 0);
}
END_TEST

/* Values of a member seen so far, each once. */
static json_t *seen;
static const char *seen_member;

static int
remember(const json_t *record)
{
    json_object_set_new(seen, calls_text_of(record, seen_member), json_true());
    return 0;
}

static void
assert_seen(const char *list, const char *member, const char *const *values, size_t count)
{
    seen = json_object();
    seen_member = member;
    visit_all(list, remember);
    ck_assert_uint_eq(json_object_size(seen), count);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(json_object_get(seen, values[i]) != NULL, "no %s", values[i]);
    json_decref(seen);
}

START_TEST(every_value_of_the_enumerations_is_used)
{
    static const char *const types[] = {"Single Family", "Condo",     "Townhouse", "Manufactured",
                                        "Multi-Family",  "Apartment", "Land"};
    static const char *const listing_types[] = {"Standard", "New Construction", "Foreclosure",
                                                "Short Sale"};
    static const char *const states[] = {"TX", "CO", "NC"};
    assert_seen("/v1/properties?", "propertyType", types, 7);
    assert_seen("/v1/properties?", "state", states, 3);
    assert_seen("/v1/listings/sale?", "propertyType", types, 7);
    assert_seen("/v1/listings/rental/long-term?", "propertyType", types, 6);
    assert_seen("/v1/listings/sale?", "listingType", listing_types, 4);
    assert_seen("/v1/listings/sale?status=Inactive&", "listingType", listing_types, 4);
}
END_TEST

static const char *const estimates[] = {
    "/v1/avm/value?address=5500+Grand+Lake+Dr,+San+Antonio,+TX+78244&compCount=25",
    "/v1/avm/rent/long-term?address=5500+Grand+Lake+Dr,+San+Antonio,+TX+78244&compCount=25",
};

/* Price or rent and its range, the subject, the comparables; nothing else. */
START_TEST(estimates_have_their_schema)
{
    size_t index;
    json_t *row;
    ck_assert_int_eq(calls_get(estimates[_i]), 200);
    ck_assert_uint_eq(json_object_size(document), 5);
    ck_assert_int_eq(count_wrong(json_object_get(document, "subjectProperty"), subject_schema), 0);
    ck_assert_uint_eq(json_array_size(json_object_get(document, "comparables")), 25);
    json_array_foreach(json_object_get(document, "comparables"), index, row)
        ck_assert_int_eq(count_wrong(row, comparable_schema), 0);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("schema");
    TCase *schema = tcase_create("schema");
    tcase_set_timeout(schema, 60);
    tcase_add_checked_fixture(schema, calls_set_up, calls_tear_down);
    tcase_add_test(schema, every_property_has_its_schema);
    tcase_add_loop_test(schema, every_listing_has_its_schema, 0, (int)COUNT(listing_lists));
    tcase_add_test(schema, every_value_of_the_enumerations_is_used);
    tcase_add_loop_test(schema, estimates_have_their_schema, 0, (int)COUNT(estimates));
    suite_add_tcase(suite, schema);
    return suite;
}
