/* vocabulary.c - the words that records are made of: the API's enumerations and invented names. */
#include "data/vocabulary.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const char *const property_types[PROPERTY_TYPE_COUNT] = {
    [PROPERTY_APARTMENT] = "Apartment",
    [PROPERTY_CONDO] = "Condo",
    [PROPERTY_LAND] = "Land",
    [PROPERTY_MANUFACTURED] = "Manufactured",
    [PROPERTY_MULTI_FAMILY] = "Multi-Family",
    [PROPERTY_SINGLE_FAMILY] = "Single Family",
    [PROPERTY_TOWNHOUSE] = "Townhouse",
};

static const char *const listing_types[LISTING_TYPE_COUNT] = {
    [LISTING_STANDARD] = "Standard",
    [LISTING_NEW_CONSTRUCTION] = "New Construction",
    [LISTING_FORECLOSURE] = "Foreclosure",
    [LISTING_SHORT_SALE] = "Short Sale",
};

static const char *const words[VOCABULARY_COUNT][48] = {
    [WORD_ARCHITECTURE] = {"Apartment",
                           "Bi-Level",
                           "Bungalow",
                           "Cape Cod",
                           "Colonial",
                           "Condo",
                           "Contemporary",
                           "Conventional",
                           "Cottage",
                           "Custom",
                           "Duplex",
                           "European",
                           "High Rise",
                           "Historical",
                           "Mobile Home",
                           "Modern",
                           "Multi-Unit Building",
                           "Other",
                           "Raised Ranch",
                           "Rambler",
                           "Ranch",
                           "Spanish",
                           "Split Level",
                           "Townhouse",
                           "Traditional",
                           "Triplex"},
    [WORD_COOLING] = {"Central", "Commercial", "Evaporative", "Other", "Package", "Refrigeration",
                      "Wall", "Window"},
    [WORD_EXTERIOR] =
        {"Aluminum",     "Aluminum Siding", "Asbestos Shingle", "Block",    "Brick",
         "Brick Veneer", "Combination",     "Composition",      "Concrete", "Concrete Block",
         "Frame",        "Frame Siding",    "Masonry",          "Metal",    "Shingle",
         "Siding",       "Stone",           "Stucco",           "Vinyl",    "Vinyl Siding",
         "Wood",         "Wood Frame",      "Wood Shingle",     "Marble",   "Marblecrete",
         "Other"},
    [WORD_FIREPLACE] = {"1 Story", "1 Story Brick Chimney", "2 Story", "2 Story Brick Chimney",
                        "Backed", "Gas Log", "Masonry", "Other", "Prefab", "Single"},
    [WORD_FOUNDATION] = {"Block", "Concrete", "Concrete Block", "Crawl", "Footing", "Masonry",
                         "Mat", "Other", "Pier", "Pile", "Post & Beam", "Raft", "Raised", "Slab",
                         "Stone", "Wood", "Slab / Mat / Raft"},
    [WORD_GARAGE] = {"Attached", "Basement", "Built-in", "Carport", "Detached", "Garage", "Mixed",
                     "Other", "Underground"},
    [WORD_HEATING] = {"Baseboard", "Central", "Electric", "Floor", "Forced Air", "Furnace", "Gas",
                      "Heat Pump", "Hot Water", "Oil", "Other", "Package", "Radiant", "Steam",
                      "Wall"},
    [WORD_POOL] = {"Above-Ground Pool", "Community Pool", "Concrete", "Fiberglass", "Gunite",
                   "Heated Pool", "In-Ground Pool", "In-Ground Vinyl Pool", "Indoor Pool",
                   "Municipal", "Other", "Plastic", "Pool and Hot Tub", "Public",
                   "Reinforced Concrete", "Spa"},
    [WORD_ROOF] = {"Aluminum", "Asbestos", "Asphalt", "Built-up", "Composition Shingle", "Concrete",
                   "Concrete Tile", "Fiberglass", "Gravel", "Metal", "Other", "Roll Composition",
                   "Shake", "Shingle", "Slate", "Tile", "Wood", "Wood Shake", "Wood Shingle"},
    [WORD_VIEW] = {"Average", "Beach", "Canal", "City", "Corner", "Cul-de-sac", "Excellent", "Fair",
                   "Golf Course", "Good", "Lake", "Mountain", "Other", "Park", "River", "Water",
                   "Waterfront"},
    [WORD_STREET] = {"Alder Creek",   "Amber Ridge", "Barrow",      "Birchfield",  "Bluestem",
                     "Bramble Hill",  "Cactus Wren", "Candlewick",  "Cedar Bluff", "Clearwater",
                     "Copper Kettle", "Dogwood",     "Drover",      "Eastgate",    "Elder Grove",
                     "Fallow Deer",   "Fernbrook",   "Flint Rock",  "Foxglove",    "Granite",
                     "Harvest Moon",  "Hawthorn",    "Heron Pond",  "Indigo",      "Juniper",
                     "Kestrel",       "Lantern",     "Larkspur",    "Limestone",   "Meadowlark",
                     "Mill Race",     "Nightjar",    "Old Quarry",  "Orchard",     "Pecan Hollow",
                     "Quail Run",     "Rosemary",    "Saddle Club", "Sandpiper",   "Sparrow",
                     "Thistle",       "Tin Lizzie",  "Verbena",     "Walnut",      "Wild Plum",
                     "Yarrow"},
    [WORD_STREET_SUFFIX] = {"St", "Dr", "Ave", "Ln", "Ct", "Rd", "Blvd", "Cir", "Way", "Trl"},
    [WORD_FIRST_NAME] = {"Abelard",   "Belinda",   "Cosmo",    "Delphine", "Emeric",   "Fenella",
                         "Gideon",    "Hester",    "Ignatius", "Jocasta",  "Killian",  "Leocadia",
                         "Mordecai",  "Nerissa",   "Octavian", "Perpetua", "Quillon",  "Rosalba",
                         "Sylvester", "Thomasina", "Ursula",   "Valerian", "Winifred", "Zebedee"},
    [WORD_LAST_NAME] = {"Appleyard-Finch", "Bellweather",     "Cobblepot",  "Dunnywater",
                        "Eddlestone",      "Fairfeather",     "Grimbly",    "Hobbsworth",
                        "Inkpenny",        "Jollyfield",      "Kettlewick", "Lamplighter",
                        "Mossgrove",       "Nettleship",      "Oakenthorn", "Pennyfeather-Ames",
                        "Quickbeam",       "Rumbelow-Tate",   "Saltmarsh",  "Thornbury-Vane",
                        "Underbough",      "Vanterpool-Reed", "Wickersnap", "Yellowley"},
    [WORD_ORGANIZATION] = {"Bluebonnet Lantern Holdings", "Copper Kettle Homes",
                           "Fallow Deer Partners", "Granite Sparrow Capital",
                           "Harvest Moon Residential", "Nightjar Property Trust",
                           "Old Quarry Ventures", "Tin Lizzie Investments"},
    [WORD_ORGANIZATION_FORM] = {"LLC", "LP", "Inc", "Trust"},
    [WORD_SUBDIVISION] = {"Bramble Hill Estates", "Clearwater Commons", "Drover Crossing",
                          "Fernbrook Village", "Heron Pond Section 3", "Larkspur Heights",
                          "Mill Race Addition", "Orchard Park Unit 2", "Quail Run Ranch",
                          "Thistle Meadows", "Verbena Terrace", "Yarrow Springs"},
    [WORD_ZONING] = {"R-1", "R-2", "R-4", "RM-12", "SF-3", "MF-2", "PUD", "RH"},
    [WORD_OFFICE] = {"Lantern & Larkspur Realty", "Kestrel Point Brokers", "Sandpiper Homes Group",
                     "Wild Plum Properties", "Candlewick Real Estate", "Amber Ridge Realtors"},
    [WORD_BUILDER] = {"Cedar Bluff Builders", "Flint Rock Homes", "Limestone & Daughters",
                      "Meadowlark Construction"},
    [WORD_MLS] = {"SimulatedBoard", "InventedMLS", "ExampleListings"},
};

const char *
vocabulary_property_type(enum property_type type)
{
    assert(type >= 0 && type < PROPERTY_TYPE_COUNT);
    return property_types[type];
}

const char *
vocabulary_listing_type(enum listing_type type)
{
    assert(type < LISTING_TYPE_COUNT);
    return listing_types[type];
}

enum property_type
vocabulary_find_property_type(const char *name, uint32_t length)
{
    for (int type = 0; type < PROPERTY_TYPE_COUNT; type++)
        if (strlen(property_types[type]) == length &&
            memcmp(property_types[type], name, length) == 0)
            return (enum property_type)type;
    return PROPERTY_TYPE_UNKNOWN;
}

const char *
vocabulary_word(enum vocabulary list, uint32_t index)
{
    assert(index < vocabulary_size(list));
    return words[list][index];
}

uint32_t
vocabulary_size(enum vocabulary list)
{
    assert(list < VOCABULARY_COUNT);
    uint32_t size = 0;
    while (size < 48 && words[list][size] != NULL)
        size++;
    return size;
}

const char *
vocabulary_pick(enum vocabulary list, struct draw *draw)
{
    return words[list][draw_below(draw, vocabulary_size(list))];
}
