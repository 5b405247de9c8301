/* sandbox_internal: whether a sanitizer is built in. */
#ifndef EGRESS25_SRC_EDGE_SANDBOX_INTERNAL_H
#define EGRESS25_SRC_EDGE_SANDBOX_INTERNAL_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_SANITIZED 1
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

#endif
