/*
 * What is given up between opening and watching.  What a reload needs stays: the directory of the
 * configuration, since an editor puts a new file in its place.
 */
#include "watch_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/text.h"

/* Where the file stands, by its name. */
static char *directory_of(const char *path)
{
	const char *directory;
	size_t length = path_directory(path, &directory);

	return strndup(directory, length);
}

/* And where it truly stands, if its name is a link's; NULL where there is no file. */
static char *true_directory_of(const char *path)
{
	char *file = realpath(path, NULL), *directory = file ? directory_of(file) : NULL;

	free(file);
	return directory;
}

static const char *configuration(const struct watch *w)
{
	const char *path = w->options.config->path;

	return path ? path : CONFIG_DEFAULT_PATH;
}

int watch_drop(struct watch *w)
{
	const struct config *c = w->options.config;
	char *directory = directory_of(c->record), error[SANDBOX_ERROR];
	int result = directory ? sandbox_drop(c->user, directory, w->user, error) : -ENOMEM;

	free(directory);
	if (!directory)
		return result;
	w->said = result < 0;
	if (result < 0)
		log_say("%s", error);
	else if (c->path && access(c->path, R_OK) < 0)
		log_say("%s: cannot be read by %s: SIGHUP changes nothing until it can be", c->path,
			w->user);
	return result;
}

int watch_confine(struct watch *w)
{
	char *record = directory_of(w->options.config->record);
	char *named = directory_of(configuration(w));
	char *real = true_directory_of(configuration(w));
	const struct sandbox_place places[] = {
		{.path = record, .write = true},
		{.path = named},
		{.path = real ? real : named},
		{.path = "/dev/urandom"}, /* of SQLite */
		/* libpcap's count of what an interface dropped */
		{.path = "/sys/class/net"},
		{.path = "/sys/devices"},
	};
	int result = record && named ? 0 : -ENOMEM;

	/* For what it sorts; there is no other place where it may write. */
	if (result == 0 && setenv("SQLITE_TMPDIR", record, 1) < 0)
		result = -errno;
	if (result == 0)
		result = sandbox_confine(places, sizeof(places) / sizeof(*places));
	w->confined = result == 0;
	free(record);
	free(named);
	free(real);
	return result == -EOPNOTSUPP ? 0 : result;
}

int watch_seal(struct watch *w)
{
	int senders[HEALTH_INTERFACES + 1], result;
	size_t count = resetter_senders(&w->resetter, senders);

	if (w->service.fd >= 0)
		senders[count++] = w->service.fd;
	result = sandbox_seal(senders, count, &w->strict);
	w->sealed = result == 0;
	return result == -EOPNOTSUPP ? 0 : result;
}

void watch_say_privileges(struct watch *w)
{
	text_print(w->privileges, sizeof(w->privileges),
		   "runs as %s without capabilities, %s, %s%s", w->user,
		   w->confined ? "confined by Landlock" : HEALTH_UNCONFINED,
		   w->sealed ? "sealed by seccomp" : HEALTH_UNSEALED,
		   w->sealed && !w->strict ? ", " HEALTH_BUT_LOGS : "");
	log_say("%s", w->privileges);
	if (!w->options.config->user && geteuid() == 0)
		log_say("runs as root, since the record's directory is root's: give it to a user "
			"of its own (chown), or name one with --user");
}
