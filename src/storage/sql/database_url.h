/* database_url.h - what DATABASE_URL asks for. Pure. */
#pragma once

enum database_kind {
    DATABASE_IN_DATA_DIR, /* "sqlite:", "sqlite://" */
    DATABASE_FILE,       /* "sqlite:///relative", "sqlite:////absolute", also "sqlite+driver:..." */
    DATABASE_POSTGRESQL, /* "postgresql://...", "postgres://..." */
    DATABASE_MALFORMED
};

/* file: with DATABASE_FILE, the path within url. */
enum database_kind database_url_parse(const char *url, const char **file);
