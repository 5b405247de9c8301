#include "sources.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/moment.h"
#include "edge/capture_file.h"
#include "edge/store.h"

struct source {
	char digest[CAPTURE_FILE_DIGEST]; /* "" for what cannot be read twice */
	uint64_t bytes;
};

/* A pipe has no digest; nor has what cannot be opened, of which the reading will complain. */
static void identify(const char *name, struct source *source)
{
	struct stat st;

	source->digest[0] = '\0';
	if (strcmp(name, "-") == 0 || stat(name, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	source->bytes = (uint64_t)st.st_size;
	if (capture_file_digest(name, source->digest) < 0)
		source->digest[0] = '\0';
}

static int check(struct store *store, const char *name, const struct source *source)
{
	enum store_source found = STORE_SOURCE_NEW;
	int result = store_find_source(store, source->digest, &found);

	if (result < 0) {
		log_say("%s: the record cannot tell whether it was read before: %s", name,
			strerror(-result));
		return result;
	}
	if (found == STORE_SOURCE_READ)
		log_say("%s: was read into this record already: give --again to count it twice",
			name);
	else if (found == STORE_SOURCE_PARTLY)
		log_say("%s: was read into this record in part, by a run that was interrupted: "
			"read it into a fresh record, or give --again to count that part twice",
			name);
	return found == STORE_SOURCE_NEW ? 0 : -EEXIST;
}

/* Whether it is one of those before it, perhaps under another name. */
static int check_twin(char *const *files, const struct source *sources, int at)
{
	for (int i = 0; i < at; i++)
		if (strcmp(sources[i].digest, sources[at].digest) == 0) {
			log_say("%s: is the same capture as %s: give --again to count it twice",
				files[at], files[i]);
			return -EEXIST;
		}
	return 0;
}

static int check_all(struct store *store, char *const *files, const struct source *sources,
		     int count)
{
	int result = 0;

	for (int i = 0; i < count; i++)
		if (sources[i].digest[0]) {
			int one = check(store, files[i], &sources[i]);

			if (one == 0)
				one = check_twin(files, sources, i);
			result = result < 0 ? result : one;
		}
	return result;
}

static int add_all(struct store *store, char *const *files, const struct source *sources, int count)
{
	struct store_file *known = calloc((size_t)count, sizeof(*known));
	size_t n = 0;
	int result;

	for (int i = 0; i < count && known; i++)
		if (sources[i].digest[0])
			known[n++] = (struct store_file){
				.digest = sources[i].digest,
				.name = files[i],
				.bytes = sources[i].bytes,
			};
	result = known ? store_add_sources(store, known, n, moment_now()) : -ENOMEM;
	if (result < 0)
		log_say("the files cannot be noted in the record: %s", strerror(-result));
	free(known);
	return result;
}

int sources_note(struct store *store, char *const *files, int count, bool again)
{
	struct source *sources = calloc((size_t)count, sizeof(*sources));
	int result = sources ? 0 : -ENOMEM;

	for (int i = 0; i < count && sources; i++)
		identify(files[i], &sources[i]);
	if (result == 0 && !again)
		result = check_all(store, files, sources, count);
	if (result == 0)
		result = add_all(store, files, sources, count);
	free(sources);
	return result;
}
