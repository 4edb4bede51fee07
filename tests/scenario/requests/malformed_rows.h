/* malformed_rows.h - raw requests that no well-meaning client sends, and what each must get; from RFC 9112 and RFC 9110.
 *
 * Behind every row stands a second, valid request that spends money: it must never be executed. */
#pragma once

#include <stddef.h>

struct malformed_row {
    const char *why;
    const char *bytes;
    size_t size;
    const char *statuses; /* the class: one of these */
};

#define ROW(why, text, statuses)                                                                   \
    {                                                                                              \
        why, text, sizeof(text) - 1, statuses                                                      \
    }
#define G       "GET /livez HTTP/1.1\r\nHost: a\r\n"
#define P       "POST /livez HTTP/1.1\r\nHost: a\r\n"
#define TE      "Transfer-Encoding: "
#define CL      "Content-Length: "
#define CHUNKED P TE "chunked\r\n\r\n"

static const struct malformed_row malformed_rows[] = {
    /* 6.1, 6.3: two lengths, or none that can be believed */
    ROW("CL and TE", P CL "5\r\n" TE "chunked\r\n\r\n0\r\n\r\n", "400"),
    ROW("TE and CL", P TE "chunked\r\n" CL "5\r\n\r\n0\r\n\r\n", "400"),
    ROW("TE and CL of zero", P TE "chunked\r\n" CL "0\r\n\r\n", "400"),
    ROW("TE identity and CL", P TE "identity\r\n" CL "0\r\n\r\n", "400 501"),
    ROW("two lengths", P CL "0\r\n" CL "50\r\n\r\n", "400"),
    ROW("two lengths, the larger first", P CL "50\r\n" CL "0\r\n\r\n", "400"),
    ROW("the same length twice", P CL "0\r\n" CL "0\r\n\r\n", "400"),
    ROW("two lengths in different case", P "content-length: 0\r\nCONTENT-LENGTH: 5\r\n\r\n", "400"),
    ROW("a list of lengths", P CL "0, 0\r\n\r\n", "400"),
    ROW("a length with a plus", P CL "+0\r\n\r\n", "400"),
    ROW("a negative length", P CL "-1\r\n\r\n", "400 411"),
    ROW("minus zero", P CL "-0\r\n\r\n", "400"),
    ROW("a hexadecimal length", P CL "0x0\r\n\r\n", "400"),
    ROW("an octal-looking length of letters", P CL "0o5\r\n\r\n", "400"),
    ROW("a length with letters behind", P CL "0abc\r\n\r\n", "400"),
    ROW("a length with letters before", P CL "abc\r\n\r\n", "400 411"),
    ROW("a fractional length", P CL "0.0\r\n\r\n", "400"),
    ROW("a length with an exponent", P CL "0e1\r\n\r\n", "400"),
    ROW("two numbers", P CL "0 0\r\n\r\n", "400"),
    ROW("an empty length", P CL "\r\n\r\n", "400 411"),
    ROW("a length in quotes", P CL "\"0\"\r\n\r\n", "400 411"),
    ROW("a length beyond 64 bits", P CL "18446744073709551616\r\n\r\n", "400 413"),
    ROW("a length beyond 63 bits", P CL "9223372036854775808\r\n\r\n", "400 413"),
    ROW("a length of the largest number", P CL "9223372036854775807\r\n\r\n", "400 413"),
    ROW("a length over the limit", P CL "65537\r\n\r\n", "413"),
    ROW("a length over the limit, 100 expected", P "Expect: 100-continue\r\n" CL "65537\r\n\r\n",
        "413"),
    ROW("TE twice", P TE "chunked\r\n" TE "chunked\r\n\r\n0\r\n\r\n", "400"),
    ROW("TE identity, then chunked", P TE "identity\r\n" TE "chunked\r\n\r\n0\r\n\r\n", "400"),
    ROW("TE chunked, then identity", P TE "chunked\r\n" TE "identity\r\n\r\n0\r\n\r\n", "400"),
    ROW("TE a list", P TE "gzip, chunked\r\n\r\n0\r\n\r\n", "400 501"),
    ROW("TE chunked twice in a list", P TE "chunked, chunked\r\n\r\n0\r\n\r\n", "400 501"),
    ROW("TE chunked not last", P TE "chunked, gzip\r\n\r\n0\r\n\r\n", "400 501"),
    ROW("TE unknown", P TE "xchunked\r\n\r\n0\r\n\r\n", "400 501"),
    ROW("TE identity", P TE "identity\r\n\r\n", "400 501"),
    ROW("TE in quotes", P TE "\"chunked\"\r\n\r\n0\r\n\r\n", "400 501"),
    ROW("TE with a parameter", P TE "chunked;a=b\r\n\r\n0\r\n\r\n", "400 501"),
    ROW("TE with a comma behind", P TE "chunked,\r\n\r\n0\r\n\r\n", "400 501"),
    ROW("TE empty", P TE "\r\n\r\n", "400 501"),
    ROW("TE behind a vertical tab",
        P TE "\x0b"
             "chunked\r\n\r\n0\r\n\r\n",
        "400"),
    ROW("TE behind a tab", P TE "\tchunked\r\n\r\n0\r\n\r\n", "400 404 405"),
    ROW("TE with a blank before the colon", P "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "400"),
    ROW("TE with an underscore", P "Transfer_Encoding: chunked\r\n" CL "5\r\n\r\n0\r\n\r\n",
        "404 405"),
    ROW("TE in HTTP/1.0", "POST /livez HTTP/1.0\r\nHost: a\r\n" TE "chunked\r\n\r\n0\r\n\r\n",
        "400"),
    ROW("TE in HTTP/1.0 with CL",
        "POST /livez HTTP/1.0\r\n" CL "5\r\n" TE "chunked\r\n\r\n0\r\n\r\n", "400"),
    ROW("TE with GET", G TE "chunked\r\n\r\n0\r\n\r\n", "400"),
    ROW("GET with a body", G CL "5\r\n\r\nabcde", "400"),
    ROW("HEAD with a body", "HEAD /livez HTTP/1.1\r\nHost: a\r\n" CL "5\r\n\r\nabcde", "400"),
    ROW("DELETE with a body", "DELETE /livez HTTP/1.1\r\nHost: a\r\n" CL "5\r\n\r\nabcde", "400"),
    /* 7.1: chunks; a body that nobody reads must not become a request either */
    ROW("a chunk size that is no number", CHUNKED "G", "400 404 405"),
    ROW("a negative chunk size", CHUNKED "-1\r\n", "400 404 405"),
    ROW("a chunk size with 0x", CHUNKED "0x0\r\n\r\n", "400 404 405"),
    ROW("a chunk size with a plus", CHUNKED "+0\r\n\r\n", "400 404 405"),
    ROW("an empty chunk size", CHUNKED "\r\n", "400 404 405"),
    ROW("a blank before a chunk size", CHUNKED " 0\r\n\r\n", "400 404 405"),
    ROW("a chunk size of 17 digits", CHUNKED "00000000000000005\r\nabcde\r\n0\r\n\r\n",
        "400 404 405"),
    ROW("a chunk size beyond 64 bits", CHUNKED "ffffffffffffffff1\r\na", "400 404 405"),
    ROW("a chunk without its line end", CHUNKED "1\r\nab0\r\n\r\n", "400 404 405"),
    ROW("a chunk line that ends with LF", CHUNKED "0\n\n", "400 404 405"),
    ROW("a chunk extension", CHUNKED "0;a=b\r\n\r\n", "400 404 405"),
    ROW("a chunk extension with LF", CHUNKED "0;a\nb\r\n\r\n", "400 404 405"),
    ROW("a trailer with a length", CHUNKED "0\r\n" CL "5\r\n\r\n", "400 404 405"),
    ROW("a body that is not read", P CL "5\r\n\r\nabcde", "404 405"),
    /* 2.2: line ends */
    ROW("LF behind the request line", "GET /livez HTTP/1.1\nHost: a\r\n\r\n", "400"),
    ROW("LF behind a field", G "X: y\nZ: z\r\n\r\n", "400"),
    ROW("LF at the end of the head", G "X: y\n\n", "400"),
    ROW("LF everywhere", "GET /livez HTTP/1.1\nHost: a\n\n", "400"),
    ROW("LF, then CR LF", G "X: y\n\r\n", "400"),
    ROW("CR LF, then LF", "GET /livez HTTP/1.1\r\nHost: a\r\n\n", "400"),
    ROW("CR within a value", G "X: y\rZ: z\r\n\r\n", "400"),
    ROW("CR at the end of a value", G "X: y\r\r\n\r\n", "400"),
    ROW("CR CR LF at the end", G "X: y\r\n\r\r\n\r\n", "400"),
    ROW("CR within a name", G "X\rY: z\r\n\r\n", "400"),
    ROW("CR in the request line", "GET /livez\rHTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("LF in the target", "GET /li\nvez HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    /* 5.2: obs-fold */
    ROW("a fold before the first field", "GET /livez HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n", "400"),
    ROW("a fold by tab", G "X: y\r\n\tz\r\n\r\n", "400"),
    ROW("a fold in the middle", G "X: y\r\n z\r\nY: z\r\n\r\n", "400"),
    ROW("a fold at the end", G "X: y\r\n z\r\n\r\n", "400"),
    ROW("a fold of Host", "GET /livez HTTP/1.1\r\nHost:\r\n a\r\n\r\n", "400"),
    ROW("a fold of blanks only", G "X: y\r\n  \r\n\r\n", "400"),
    ROW("a fold that hides a length", P "X: y\r\n z\r\n" CL "5\r\n\r\nabcde", "400"),
    ROW("a fold that hides TE", P "X: y\r\n z\r\n" TE "chunked\r\n\r\n0\r\n\r\n", "400"),
    ROW("a folded length", P CL "\r\n 5\r\n\r\nabcde", "400 411"),
    ROW("a folded TE", P TE "\r\n chunked\r\n\r\n0\r\n\r\n", "400 501"),
    /* 5.1: fields */
    ROW("a blank before the colon", G "X : y\r\n\r\n", "400"),
    ROW("a tab before the colon", G "X\t: y\r\n\r\n", "400"),
    ROW("a blank before the colon of Host", "GET /livez HTTP/1.1\r\nHost : a\r\n\r\n", "400"),
    ROW("a blank before the colon of CL", P "Content-Length : 5\r\n\r\nabcde", "400"),
    ROW("a blank within a name", G "X Y: z\r\n\r\n", "400"),
    ROW("no colon", G "X\r\n\r\n", "400"),
    ROW("an empty name", G ": y\r\n\r\n", "400"),
    ROW("an empty name that hides a length", P ": y\r\n" CL "5\r\n\r\nabcde", "400"),
    ROW("an empty name first", "POST /livez HTTP/1.1\r\n: y\r\nHost: a\r\n\r\n", "400"),
    ROW("an empty name that hides all, HTTP/1.0",
        "POST /livez HTTP/1.0\r\n: y\r\n" CL "5\r\n\r\nabcde", "400"),
    ROW("a name with a quote", G "X\": y\r\n\r\n", "400"),
    ROW("a name with parentheses", G "X(): y\r\n\r\n", "400"),
    ROW("a name with a comma", G "X,Y: z\r\n\r\n", "400"),
    ROW("a name with a slash", G "X/Y: z\r\n\r\n", "400"),
    ROW("a name with brackets", G "[X]: z\r\n\r\n", "400"),
    ROW("a name with an at sign", G "X@Y: z\r\n\r\n", "400"),
    ROW("a name beyond ASCII", G "\xc3\x9c: z\r\n\r\n", "400"),
    ROW("NUL in a name", G "X\0Y: z\r\n\r\n", "400"),
    ROW("NUL in a value", G "X: y\0z\r\n\r\n", "400"),
    ROW("NUL in a length",
        P CL "0\0"
             "5\r\n\r\n",
        "400"),
    ROW("NUL in the target", "GET /livez\0 HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("NUL first", "\0GET /livez HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("a control character in a value", G "X: \x01\r\n\r\n", "400"),
    ROW("a bell in the target", "GET /\alivez HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("an escape in a value", G "X: \x1b[0m\r\n\r\n", "400"),
    ROW("DEL in a value", G "X: \x7f\r\n\r\n", "400"),
    ROW("backspace in a name", G "X\b: y\r\n\r\n", "400"),
    /* RFC 9110 7.2 */
    ROW("no Host", "GET /livez HTTP/1.1\r\n\r\n", "400"),
    ROW("no Host beside others", "GET /livez HTTP/1.1\r\nX: y\r\n\r\n", "400"),
    ROW("two Hosts", G "Host: b\r\n\r\n", "400"),
    ROW("the same Host twice", G "Host: a\r\n\r\n", "400"),
    ROW("two Hosts in different case", G "hOST: b\r\n\r\n", "400"),
    ROW("an empty Host", "GET /livez HTTP/1.1\r\nHost:\r\n\r\n", "400"),
    ROW("a Host with a blank", "GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n", "400"),
    ROW("a Host with userinfo", "GET /livez HTTP/1.1\r\nHost: u@a\r\n\r\n", "400"),
    ROW("a Host with a path", "GET /livez HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"),
    ROW("a Host with a query", "GET /livez HTTP/1.1\r\nHost: a?b\r\n\r\n", "400"),
    ROW("a Host with a backslash", "GET /livez HTTP/1.1\r\nHost: a\\b\r\n\r\n", "400"),
    ROW("a Host beyond ASCII", "GET /livez HTTP/1.1\r\nHost: \xc3\xa4\r\n\r\n", "400"),
    ROW("a Host in angle brackets", "GET /livez HTTP/1.1\r\nHost: <a>\r\n\r\n", "400"),
    /* 3: the request line */
    ROW("HTTP/0.9", "GET /livez\r\n\r\n", "400 505"),
    ROW("HTTP/2.0", "GET /livez HTTP/2.0\r\nHost: a\r\n\r\n", "400 505"),
    ROW("HTTP/1.2", "GET /livez HTTP/1.2\r\nHost: a\r\n\r\n", "400 505"),
    ROW("HTTP/0.9 spelled out", "GET /livez HTTP/0.9\r\nHost: a\r\n\r\n", "400 505"),
    ROW("HTTP/11", "GET /livez HTTP/11\r\nHost: a\r\n\r\n", "400 505"),
    ROW("HTTP/1.1.1", "GET /livez HTTP/1.1.1\r\nHost: a\r\n\r\n", "400 505"),
    ROW("HTTP/ 1.1", "GET /livez HTTP/ 1.1\r\nHost: a\r\n\r\n", "400 505"),
    ROW("HTTP/1,1", "GET /livez HTTP/1,1\r\nHost: a\r\n\r\n", "400 505"),
    ROW("http/1.1", "GET /livez http/1.1\r\nHost: a\r\n\r\n", "400 505"),
    ROW("another protocol", "GET /livez ICAP/1.1\r\nHost: a\r\n\r\n", "400 505"),
    ROW("the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400 505"),
    ROW("a blank behind the version", "GET /livez HTTP/1.1 \r\nHost: a\r\n\r\n", "400"),
    ROW("more behind the version", "GET /livez HTTP/1.1 x\r\nHost: a\r\n\r\n", "400"),
    ROW("two blanks before the target", "GET  /livez HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("two blanks before the version", "GET /livez  HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("tabs instead of blanks", "GET\t/livez\tHTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("a line end in the request line", "GET\r\n/livez HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("no blank at all", "GET/livezHTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("only a line", "hello\r\n\r\n", "400"),
    ROW("a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400"),
    ROW("a made-up method", "BREW /livez HTTP/1.1\r\nHost: a\r\n\r\n", "400 405 501"),
    ROW("a method in lower case", "get /livez HTTP/1.1\r\nHost: a\r\n\r\n", "400 405 501"),
    ROW("a method that is no token", "G{T /livez HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "400 405 501 close"),
    ROW("absolute form", "GET http://127.0.0.1/livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "400 close"),
    ROW("absolute form of another host", "GET http://b/livez HTTP/1.1\r\nHost: a\r\n\r\n",
        "400 close"),
    ROW("absolute form by TLS", "GET https://a/livez HTTP/1.1\r\nHost: a\r\n\r\n", "400 close"),
    ROW("asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "400 404 405 close"),
    ROW("GET of asterisk", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400 close"),
    ROW("a target without a slash", "GET livez HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("a fragment", "GET /livez#x HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("a backslash", "GET \\livez HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("a backslash within", "GET /..\\livez HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("raw bytes beyond ASCII", "GET /livez\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("a quote in the target", "GET /\"livez\" HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("braces in the target", "GET /{livez} HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    ROW("a caret in the query", "GET /livez?a=^ HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    /* RFC 9110 7.8, 10.1.1 */
    ROW("a WebSocket",
        G "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        "400"),
    ROW("h2c",
        G "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: "
          "AAMAAABkAAQAAP__\r\n\r\n",
        "400"),
    ROW("another expectation", G "Expect: 200-ok\r\n\r\n", "417"),
    ROW("two expectations", P "Expect: 100-continue, x\r\n" CL "5\r\n\r\nabcde", "417"),
    ROW("an empty expectation", G "Expect:\r\n\r\n", "417"),
};

#undef ROW
#undef G
#undef P
#undef TE
#undef CL
#undef CHUNKED
