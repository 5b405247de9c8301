/*
 * starve: a library to be preloaded (LD_PRELOAD), in which one allocation of the process fails.
 *
 *   STARVE_AT=N      the Nth allocation fails, counted from 1; unset: none does
 *   STARVE_ON=1      so does each one behind it
 *   STARVE_COUNT=F   their number stands in the file F, a long
 *
 * Allocations are malloc() and its kin, and anonymous mmap(); those of libconfuse and libseccomp
 * succeed: they do not bear a lack of memory, so the program asks for it beforehand
 * (config_parse.c); that it asks for enough is not shown here.  Under AddressSanitizer the memory
 * is its own (ASAN_OPTIONS=verify_asan_link_order=0), so that what is left behind is told.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef void *malloc_fn(size_t);
typedef void *calloc_fn(size_t, size_t);
typedef void *realloc_fn(void *, size_t);

malloc_fn __interceptor_malloc __attribute__((weak)), __libc_malloc;
calloc_fn __interceptor_calloc __attribute__((weak)), __libc_calloc;
realloc_fn __interceptor_realloc __attribute__((weak)), __libc_realloc;

static atomic_long here, *count = &here;
static bool begun; /* the loader and a sanitizer had their turn */

/* In a file that is mapped before the program seals itself. */
static void __attribute__((constructor)) begin(void)
{
	const char *name = getenv("STARVE_COUNT");
	int fd = name ? open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;

	if (fd >= 0 && ftruncate(fd, sizeof(*count)) == 0) {
		void *p = (void *)syscall(SYS_mmap, NULL, sizeof(*count), PROT_READ | PROT_WRITE,
					  MAP_SHARED, fd, 0);

		if (p != MAP_FAILED)
			count = p;
	}
	begun = true;
}

/* Before a sanitizer has begun its own versions of libc's functions must not be called, so these
 * are by hand; getenv() it leaves alone. */
static long number(const char *name)
{
	const char *text = getenv(name);
	long n = 0;

	for (; text && *text >= '0' && *text <= '9'; text++)
		n = n * 10 + (*text - '0');
	return n;
}

static bool holds(const char *text, const char *part)
{
	for (; *text; text++) {
		size_t i = 0;

		while (part[i] && text[i] == part[i])
			i++;
		if (!part[i])
			return true;
	}
	return false;
}

/* Whether the caller is one of these. */
static bool is_excused(const void *caller)
{
	static __thread bool within;
	Dl_info info;
	bool excused;

	if (within)
		return true;
	within = true;
	excused = dladdr(caller, &info) && info.dli_fname &&
		  (holds(info.dli_fname, "libconfuse") || holds(info.dli_fname, "libseccomp"));
	within = false;
	return excused;
}

static bool fails(const void *caller)
{
	static long at = -1;
	static bool on;
	long n;

	if (!begun || is_excused(caller))
		return false;
	n = atomic_fetch_add(count, 1) + 1;
	if (at < 0) {
		on = number("STARVE_ON") != 0;
		at = number("STARVE_AT");
	}
	if (at == 0 || (n != at && !(on && n > at)))
		return false;
	errno = ENOMEM;
	return true;
}

static void *take(size_t size, const void *caller)
{
	if (fails(caller))
		return NULL;
	return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

void *malloc(size_t size)
{
	return take(size, __builtin_return_address(0));
}

void *calloc(size_t n, size_t size)
{
	if (fails(__builtin_return_address(0)))
		return NULL;
	return __interceptor_calloc ? __interceptor_calloc(n, size) : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	if (fails(__builtin_return_address(0)))
		return NULL;
	return __interceptor_realloc ? __interceptor_realloc(old, size) : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	if (fails(__builtin_return_address(0)))
		return NULL;
	return __interceptor_realloc ? __interceptor_realloc(old, all) : __libc_realloc(old, all);
}

/* AddressSanitizer's own would take its memory past us. */
char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = take(size, __builtin_return_address(0));

	return copy ? memcpy(copy, text, size) : NULL;
}

char *strndup(const char *text, size_t most)
{
	size_t length = strnlen(text, most);
	char *copy = take(length + 1, __builtin_return_address(0));

	if (!copy)
		return NULL;
	copy[length] = '\0';
	return memcpy(copy, text, length);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	if ((flags & MAP_ANONYMOUS) && fails(__builtin_return_address(0)))
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}
