/* sanitizer.h - whether this is built with a sanitizer that lays memory out in its own way. */
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZER_IS_ON true /* gcc */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZER_IS_ON true /* clang */
#endif
#endif
#ifndef SANITIZER_IS_ON
#define SANITIZER_IS_ON false
#endif
