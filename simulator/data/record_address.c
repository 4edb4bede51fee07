/* record_address.c - writes what every record begins with: address and traits. */
#include "data/record.h"
#include "http/field.h"

void
record_write_address(const struct property *property, struct text *text)
{
    const struct place *place = property->place;
    const char *line2 = property->address_line2[0] == '\0' ? NULL : property->address_line2;
    field_string(text, "id", property->id);
    field_string(text, "formattedAddress", property->formatted_address);
    field_string(text, "addressLine1", property->address_line1);
    field_string(text, "addressLine2", line2);
    field_string(text, "city", place->city);
    field_string(text, "state", place->state);
    field_string(text, "stateFips", place->state_fips);
    field_string(text, "zipCode", place->zip);
    field_string(text, "county", place->county);
    field_string(text, "countyFips", place->county_fips);
    field_scaled(text, "latitude", property->point.latitude_micro, 6);
    field_scaled(text, "longitude", property->point.longitude_micro, 6);
}

static void
write_known(struct text *text, const char *key, int32_t value, unsigned decimals)
{
    if (value != UNKNOWN)
        field_scaled(text, key, value, decimals);
}

void
record_write_traits(const struct traits *traits, struct text *text)
{
    if (traits->type != PROPERTY_TYPE_UNKNOWN)
        field_string(text, "propertyType", vocabulary_property_type(traits->type));
    write_known(text, "bedrooms", traits->bedrooms, 0);
    write_known(text, "bathrooms", traits->bathrooms_tenths, 1);
    write_known(text, "squareFootage", traits->square_footage, 0);
    write_known(text, "lotSize", traits->lot_size, 0);
    write_known(text, "yearBuilt", traits->year_built, 0);
}
