/* geo.c - distances on the globe as the paid API computes them. */
#include "data/geo.h"

#include <math.h>

static const double radius_miles = 3963.19;

static double
to_radians(int32_t micro_degrees)
{
    return micro_degrees * (M_PI / 180e6);
}

double
geo_distance_miles(struct point from, struct point to)
{
    double from_latitude = to_radians(from.latitude_micro);
    double to_latitude = to_radians(to.latitude_micro);
    double half_north = sin((to_latitude - from_latitude) / 2);
    double half_east = sin((to_radians(to.longitude_micro) - to_radians(from.longitude_micro)) / 2);
    double chord =
        half_north * half_north + cos(from_latitude) * cos(to_latitude) * half_east * half_east;
    return 2 * radius_miles * asin(fmin(1, sqrt(chord)));
}
