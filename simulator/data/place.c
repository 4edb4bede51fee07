/* place.c - the distance between two points, and the zip codes that the simulator covers. */
#include "data/place.h"

#include <math.h>

static const double radius_miles = 3963.19;

static double
to_radians(int32_t micro_degrees)
{
    return micro_degrees * (M_PI / 180e6);
}

double
place_distance_miles(struct point from, struct point to)
{
    double from_latitude = to_radians(from.latitude_micro);
    double to_latitude = to_radians(to.latitude_micro);
    double half_north = sin((to_latitude - from_latitude) / 2);
    double half_east = sin((to_radians(to.longitude_micro) - to_radians(from.longitude_micro)) / 2);
    double chord =
        half_north * half_north + cos(from_latitude) * cos(to_latitude) * half_east * half_east;
    return 2 * radius_miles * asin(fmin(1, sqrt(chord)));
}

const struct place places[PLACE_COUNT] = {
    {"76102", "Fort Worth", "TX", "48", "Tarrant", "439", "817", {32759300, -97328300}, 262, 198},
    {"75201", "Dallas", "TX", "48", "Dallas", "113", "214", {32787600, -96799400}, 385, 245},
    {"75206", "Dallas", "TX", "48", "Dallas", "113", "214", {32830700, -96769900}, 318, 204},
    {"75228", "Dallas", "TX", "48", "Dallas", "113", "214", {32822300, -96678700}, 207, 148},
    {"77002", "Houston", "TX", "48", "Harris", "201", "713", {29756600, -95365000}, 271, 211},
    {"77008", "Houston", "TX", "48", "Harris", "201", "713", {29798900, -95416200}, 299, 187},
    {"78201", "San Antonio", "TX", "48", "Bexar", "029", "210", {29468600, -98528500}, 158, 134},
    {"78209", "San Antonio", "TX", "48", "Bexar", "029", "210", {29488600, -98456300}, 241, 165},
    {"78244", "San Antonio", "TX", "48", "Bexar", "029", "210", {29479300, -98347600}, 141, 96},
    {"78251", "San Antonio", "TX", "48", "Bexar", "029", "210", {29463600, -98676900}, 153, 107},
    {"78701", "Austin", "TX", "48", "Travis", "453", "512", {30271100, -97743700}, 552, 327},
    {"78704", "Austin", "TX", "48", "Travis", "453", "512", {30243700, -97765000}, 471, 268},
    {"78745", "Austin", "TX", "48", "Travis", "453", "512", {30206800, -97795600}, 306, 186},
    {"80012", "Aurora", "CO", "08", "Arapahoe", "005", "303", {39698800, -104837500}, 226, 171},
    {"80202", "Denver", "CO", "08", "Denver", "031", "303", {39752700, -104999200}, 487, 302},
    {"80205", "Denver", "CO", "08", "Denver", "031", "303", {39758900, -104966100}, 391, 251},
    {"80219", "Denver", "CO", "08", "Denver", "031", "303", {39695700, -105034300}, 288, 189},
    {"80903",
     "Colorado Springs",
     "CO",
     "08",
     "El Paso",
     "041",
     "719",
     {38838800, -104814500},
     251,
     178},
    {"80918",
     "Colorado Springs",
     "CO",
     "08",
     "El Paso",
     "041",
     "719",
     {38912900, -104773400},
     213,
     151},
    {"27601", "Raleigh", "NC", "37", "Wake", "183", "919", {35774600, -78633600}, 342, 212},
    {"27609", "Raleigh", "NC", "37", "Wake", "183", "919", {35848000, -78631700}, 251, 159},
    {"27701", "Durham", "NC", "37", "Durham", "063", "919", {35996800, -78898600}, 287, 196},
    {"28202",
     "Charlotte",
     "NC",
     "37",
     "Mecklenburg",
     "119",
     "704",
     {35228600, -80844900},
     368,
     241},
    {"28205",
     "Charlotte",
     "NC",
     "37",
     "Mecklenburg",
     "119",
     "704",
     {35220000, -80788200},
     296,
     182},
    {"28801", "Asheville", "NC", "37", "Buncombe", "021", "828", {35596300, -82556600}, 341, 206},
    {"28806", "Asheville", "NC", "37", "Buncombe", "021", "828", {35579300, -82606900}, 272, 168},
};
