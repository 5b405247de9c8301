/*
 * A capture file is a stranger's bytes, and it is often root who reads them.  What is open stays in
 * use: the files that were named, the record, and where SQLite puts what its memory does not hold.
 */
#include "monitor/reading.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "edge/sandbox.h"

static bool may_hold(const char *directory)
{
	struct stat st;

	return directory && stat(directory, &st) == 0 && S_ISDIR(st.st_mode) &&
	       access(directory, W_OK | X_OK) == 0;
}

/* As SQLite chooses it. */
static const char *temporary_directory(void)
{
	const char *const places[] = {getenv("SQLITE_TMPDIR"), getenv("TMPDIR"), "/var/tmp",
				      "/usr/tmp", "/tmp"};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (may_hold(places[i]))
			return places[i];
	return ".";
}

static int confine(const struct reading_options *o, const char *record_directory)
{
	size_t files = (size_t)o->file_count, count = 0;
	struct sandbox_place *places = calloc(files + 3, sizeof(*places));
	int result;

	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < files; i++)
		if (strcmp(o->files[i], "-") != 0)
			places[count++].path = o->files[i];
	places[count++] = (struct sandbox_place){.path = temporary_directory(), .write = true};
	places[count++].path = "/dev/urandom"; /* of SQLite */
	if (record_directory)
		places[count++] = (struct sandbox_place){.path = record_directory, .write = true};
	result = sandbox_confine(places, count);
	free(places);
	return result;
}

static int seal(const struct reading_options *o, const char *record_directory)
{
	bool strict;
	int result = sandbox_renounce();

	if (result == 0)
		result = confine(o, record_directory);
	if (result == 0 || result == -EOPNOTSUPP)
		result = sandbox_seal(NULL, 0, &strict);
	return result == -EOPNOTSUPP ? 0 : result;
}

int reading_seal(const struct reading_options *o)
{
	char *directory = NULL;
	const char *name;
	int result = 0;

	if (o->record) {
		size_t length = path_directory(o->record, &name);

		directory = strndup(name, length);
		result = directory ? 0 : -ENOMEM;
	}
	if (result == 0)
		result = seal(o, directory);
	free(directory);
	if (result < 0)
		log_say("read: cannot be sealed: %s", strerror(-result));
	return result;
}
