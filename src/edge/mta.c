#include "edge/mta.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/moment.h"
#include "base/text.h"

#define OUTPUT	  (64 << 10) /* what is kept of either; the rest is read and dropped */
#define STEP	  (MOMENT_SECOND / 10)
#define PATH_ROOM 4096

static const struct {
	const char *name;
	int seconds; /* how long it may take: a lock on the recipe is waited for up to 60 s */
} verbs[] = {
	[MTA_CHECK] = {"check", 40},
	[MTA_FREEZE] = {"freeze", 150},
	[MTA_THAW] = {"thaw", 200},
};
_Static_assert(sizeof(verbs) / sizeof(*verbs) == MTA_VERB_COUNT, "a verb without its row");

/* A running recipe, and what it has said. */
struct call {
	pid_t child;
	struct {
		int fd;
		size_t used;
		char text[OUTPUT];
	} said[2];
};

const char *mta_recipes(void)
{
	const char *told = getenv(MTA_RECIPES);

	return told && *told ? told : EGRESS25_RECIPES_DIRECTORY;
}

const char *mta_target_text(const struct mta_target *t, char buf[MTA_TARGET_TEXT])
{
	return text_print(buf, MTA_TARGET_TEXT, "%s on %s", mta_kind_name(t->kind),
			  *t->host ? t->host : "this machine");
}

const char *mta_command(const struct mta_target *t, enum mta_verb verb, char buf[MTA_COMMAND])
{
	const char *kind = mta_kind_name(t->kind), *what = verbs[verb].name;
	char at[300];

	text_escape(mta_recipes(), strlen(mta_recipes()), at, sizeof(at));
	if (t->kind == MTA_EXCHANGE)
		return text_print(buf, MTA_COMMAND, "%s/exchange.ps1 %s", at, what);
	if (*t->host)
		return text_print(buf, MTA_COMMAND, "ssh %s sudo sh -s -- %s <%s/%s", t->host, what,
				  at, kind);
	return text_print(buf, MTA_COMMAND, "sudo sh %s/%s %s", at, kind, what);
}

/* --- the child -------------------------------------------------------------------------------- */

/* What runs behind ssh: any login shell understands it. */
static const char remote[] =
	"sh -c 'if [ \"$(id -u)\" = 0 ]; then exec sh -s -- %s; else exec sudo -n sh -s -- %s; fi'";

static void become(const struct mta_target *t, const char *path, const char *words)
{
	char script[sizeof(remote) + 200], *arguments[16];
	size_t n = 0;

	if (*t->host) {
		snprintf(script, sizeof(script), remote, words, words);
		const char *const ssh[] = {"ssh",  "-Tax", /* nothing of ours is lent to it */
					   "-o",   "BatchMode=yes",
					   "-o",   "ConnectTimeout=10",
					   "-o",   "ServerAliveInterval=5",
					   "-o",   "ServerAliveCountMax=3",
					   "--",   t->host,
					   script, NULL};

		memcpy(arguments, ssh, sizeof(ssh));
		execvp("ssh", arguments);
	} else {
		text_print(script, sizeof(script), "%s", words);
		arguments[n++] = (char *)"sh";
		arguments[n++] = (char *)path;
		for (char *at = script, *word; (word = strsep(&at, " "));)
			arguments[n++] = word;
		arguments[n] = NULL;
		execvp("sh", arguments);
	}
	fprintf(stderr, "%s: %s\n", *t->host ? "ssh" : "sh", strerror(errno));
	_exit(127);
}

/* Its standard input is the recipe where another machine is to read it. */
static void run_child(const struct mta_target *t, const char *path, const char *words, int out,
		      int err)
{
	int in = open(*t->host ? path : "/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	setsid();
	for (int signal_ = 1; signal_ < NSIG; signal_++)
		signal(signal_, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(err, STDERR_FILENO) < 0)
		_exit(127);
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	become(t, path, words);
}

static int start(struct call *c, const struct mta_target *t, const char *path, const char *words)
{
	int out[2], err[2];

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(err, O_CLOEXEC) < 0) {
		int r = -errno;

		close(out[0]);
		close(out[1]);
		return r;
	}
	fflush(NULL);
	signal(SIGCHLD, SIG_DFL); /* inherited as ignored, no child's end could be awaited */
	c->child = fork();
	if (c->child == 0)
		run_child(t, path, words, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	c->said[0].fd = out[0];
	c->said[1].fd = err[0];
	return c->child < 0 ? -errno : 0;
}

/* --- listening to it -------------------------------------------------------------------------- */

/* Of standard error the end counts, of standard output the beginning. */
static void keep(struct call *c, size_t which, const char *text, size_t length)
{
	char *at = c->said[which].text;
	size_t room = OUTPUT - c->said[which].used;

	if (which == 1 && length > room) {
		memmove(at, at + OUTPUT / 2, c->said[which].used - OUTPUT / 2);
		c->said[which].used -= OUTPUT / 2;
		room += OUTPUT / 2;
	}
	length = length < room ? length : room;
	memcpy(at + c->said[which].used, text, length);
	c->said[which].used += length;
}

static void hear(struct call *c, size_t which)
{
	char text[4096];
	ssize_t n = read(c->said[which].fd, text, sizeof(text));

	if (n > 0) {
		keep(c, which, text, (size_t)n);
	} else if (n == 0 || errno != EINTR) {
		close(c->said[which].fd);
		c->said[which].fd = -1;
	}
}

/* Waits a step.  true where it has ended: a child of its own, the timer's say, may hold the pipes.
 */
static bool has_ended(struct call *c, int *ret_status)
{
	struct pollfd fds[2] = {{.fd = c->said[0].fd, .events = POLLIN},
				{.fd = c->said[1].fd, .events = POLLIN}};
	int64_t end = moment_steady() + STEP;
	int left = STEP / 1000;
	bool ended;

	do {
		ended = waitpid(c->child, ret_status, WNOHANG) == c->child;
		if (poll(fds, 2, ended ? 0 : left < 20 ? left : 20) > 0)
			for (size_t i = 0; i < 2; i++)
				if (fds[i].revents)
					hear(c, i);
		fds[0].fd = c->said[0].fd;
		fds[1].fd = c->said[1].fd;
		left = (int)((end - moment_steady()) / 1000);
	} while (!ended && left > 0);
	return ended;
}

/* What is in the pipes still. */
static void drain(struct call *c)
{
	for (size_t i = 0; i < 2; i++) {
		struct pollfd fd = {.fd = c->said[i].fd, .events = POLLIN};

		for (int rounds = 0; fd.fd >= 0 && rounds < 1024 && poll(&fd, 1, 0) > 0; rounds++) {
			hear(c, i);
			fd.fd = c->said[i].fd;
		}
		if (c->said[i].fd >= 0)
			close(c->said[i].fd);
	}
}

static void end(struct call *c, int *ret_status)
{
	int ignored;

	kill(-c->child, SIGTERM);
	for (int i = 0; i < 20 && !has_ended(c, &ignored); i++)
		if (i == 10)
			kill(-c->child, SIGKILL);
	*ret_status = -1;
}

static int follow(struct call *c, enum mta_verb verb, bool (*idle)(void *context), void *context,
		  int *ret_status)
{
	int64_t by = moment_steady() + verbs[verb].seconds * MOMENT_SECOND;

	while (!has_ended(c, ret_status)) {
		bool enough = idle && idle(context);

		if (!(enough && verb == MTA_CHECK) && moment_steady() < by)
			continue;
		end(c, ret_status);
		return moment_steady() < by ? -EINTR : -ETIMEDOUT;
	}
	return 0;
}

/* --- what it said ----------------------------------------------------------------------------- */

/* The recipes' lines bear our name already. */
static void last_line(const char *text, size_t length, char ret_[MTA_WHY])
{
	static const char ours[] = "egress25: ";
	const char *start;

	while (length > 0 && strchr("\r\n ", text[length - 1]))
		length--;
	start = length ? memrchr(text, '\n', length) : NULL;
	start = start ? start + 1 : text;
	length -= (size_t)(start - text);
	if (length >= sizeof(ours) && memcmp(start, ours, sizeof(ours) - 1) == 0) {
		start += sizeof(ours) - 1;
		length -= sizeof(ours) - 1;
	}
	text_escape(start, length, ret_, MTA_WHY);
}

static int judge(const struct mta_target *t, enum mta_verb verb, int status, struct mta_reply *r)
{
	char target[MTA_TARGET_TEXT];

	r->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (r->status == 0 || (r->status == 1 && verb == MTA_CHECK))
		return 0;
	if (!*r->why)
		text_print(r->why, sizeof(r->why), "%s of %s ended with status %d and no word",
			   verbs[verb].name, mta_target_text(t, target), r->status);
	return -EIO;
}

static int fail(struct mta_reply *r, int error, const char *what, const char *advice)
{
	text_print(r->why, sizeof(r->why), "%s: %s%s", what, strerror(-error), advice);
	return error;
}

int mta_run(const struct mta_target *t, enum mta_verb verb, int64_t seconds,
	    bool (*idle)(void *context), void *context, struct mta_reply *ret_)
{
	char path[PATH_ROOM], words[64], target[MTA_TARGET_TEXT];
	struct call *c;
	int status = -1, r;

	*ret_ = (struct mta_reply){.status = -1};
	text_print(path, sizeof(path), "%s/%s", mta_recipes(), mta_kind_name(t->kind));
	text_print(words, sizeof(words), "%s", verbs[verb].name);
	if (verb == MTA_FREEZE)
		text_print(words, sizeof(words), "%s --for %" PRId64, verbs[verb].name, seconds);
	if (t->kind == MTA_EXCHANGE || access(path, R_OK) < 0)
		return fail(ret_, t->kind == MTA_EXCHANGE ? -ENOTSUP : -errno, path,
			    ": is egress25 installed? " MTA_RECIPES " names another directory");
	c = calloc(1, sizeof(*c));
	r = c ? start(c, t, path, words) : -ENOMEM;
	if (r == 0) {
		r = follow(c, verb, idle, context, &status);
		drain(c);
		mta_state_read(c->said[0].text, c->said[0].used, &ret_->state);
		last_line(c->said[1].text, c->said[1].used, ret_->why);
	} else {
		fail(ret_, r, path, "");
	}
	free(c);
	if (r == 0)
		return judge(t, verb, status, ret_);
	if (r == -ETIMEDOUT)
		text_print(ret_->why, sizeof(ret_->why), "%s of %s took longer than %d s",
			   verbs[verb].name, mta_target_text(t, target), verbs[verb].seconds);
	return r;
}
