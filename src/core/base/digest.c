/* digest.c - hashes through OpenSSL, set up once per thread: that is most of a short text's cost.
 *
 * Life of a thread's contexts: made at its first hash -> used by it alone -> freed as it ends. The
 * methods stay to the end of the process. */
#include "base/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"

struct contexts {
    EVP_MD_CTX *md5;
    EVP_MD_CTX *sha256;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static EVP_MD *md5;
static EVP_MD *sha256;

static _Thread_local struct contexts *own_contexts;

static void
free_contexts(void *memory)
{
    struct contexts *contexts = memory;

    EVP_MD_CTX_free(contexts->md5);
    EVP_MD_CTX_free(contexts->sha256);
    free(contexts);
    own_contexts = NULL;
}

static void
digest_prepare(void)
{
    md5 = EVP_MD_fetch(NULL, "MD5", NULL);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (md5 == NULL || sha256 == NULL || pthread_key_create(&key, free_contexts) != 0)
        log_fatal("OpenSSL offers no MD5 or no SHA-256");
}

static EVP_MD_CTX *
make_context(const EVP_MD *method)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (context == NULL || EVP_DigestInit_ex2(context, method, NULL) != 1)
        log_fatal("no memory for a hash");
    return context;
}

__attribute__((noinline)) static struct contexts *
make_contexts(void)
{
    struct contexts *contexts = malloc(sizeof *contexts);

    pthread_once(&once, digest_prepare);
    if (contexts == NULL || pthread_setspecific(key, contexts) != 0)
        log_fatal("no memory for hashes");
    contexts->md5 = make_context(md5);
    contexts->sha256 = make_context(sha256);
    own_contexts = contexts;
    return contexts;
}

static struct contexts *
find_contexts(void)
{
    struct contexts *contexts = own_contexts;

    return contexts != NULL ? contexts : make_contexts();
}

static void
digest_compute(EVP_MD_CTX *context, struct bytes text, uint8_t *digest)
{
    if (EVP_DigestInit_ex2(context, NULL, NULL) != 1 ||
        EVP_DigestUpdate(context, text.data, text.size) != 1 ||
        EVP_DigestFinal_ex(context, digest, NULL) != 1)
        log_fatal("OpenSSL failed to hash");
}

void
digest_md5(struct bytes text, uint8_t digest[DIGEST_MD5_SIZE])
{
    digest_compute(find_contexts()->md5, text, digest);
}

void
digest_sha256(struct bytes text, uint8_t digest[DIGEST_SHA256_SIZE])
{
    digest_compute(find_contexts()->sha256, text, digest);
}
