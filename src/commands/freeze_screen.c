/*
 * The live part of freeze.  A terminal shows the last lines of what happened, and below them a
 * block that is drawn over itself twice a second in one write: no flicker, and what scrolled away
 * stays in the terminal's memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "commands/freeze.h"
#include "freeze_tries.h"

#define DRAW	  (MOMENT_SECOND / 2)
#define LOOK	  MOMENT_SECOND
#define HEARTBEAT MOMENT_MINUTE
#define PATIENCE  1000 /* ms that a line of what happens is worth */

struct screen {
	struct freeze_screen calls;
	const struct options *options;
	struct tries *tries; /* NULL: nobody is looked for */
	bool terminal, ends, ending;
	int drawn;		  /* lines of the block that stand there */
	int64_t draw, look, beat; /* of the steady clock: when next */
	int kept[2];		  /* standard output and error as they were; -1: left alone */
	sigset_t signals, before;
	char *room; /* what is being written */
	size_t room_size;
	FILE *out;
};

/* --- output that holds nothing up ------------------------------------------------------------- */

/* Its own description of a terminal or a pipe: the flag would be the shell's too. */
static int make_patient(int fd)
{
	char path[64];
	struct stat st;
	int kept, other;

	if (fstat(fd, &st) < 0 || !(S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	other = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (other < 0)
		return -1;
	kept = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	if (kept >= 0)
		dup2(other, fd);
	close(other);
	return kept;
}

/* 0, or -1 where some of it was left out. */
static int write_all(const char *text, size_t length, int patience)
{
	while (length > 0) {
		ssize_t n = write(STDOUT_FILENO, text, length);
		struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};

		if (n > 0) {
			text += n;
			length -= (size_t)n;
		} else if (errno == EAGAIN) {
			if (poll(&fd, 1, patience) <= 0)
				return -1;
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

static void flush(struct screen *s, int patience)
{
	fflush(s->out);
	write_all(s->room, (size_t)ftello(s->out), patience);
	rewind(s->out);
}

/* --- the block -------------------------------------------------------------------------------- */

static void erase(struct screen *s)
{
	if (s->drawn > 0)
		fprintf(s->out, "\033[%dA", s->drawn);
	if (s->terminal)
		fputs("\r\033[J", s->out);
	s->drawn = 0;
}

static int rows(void)
{
	struct winsize w;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 4 ? w.ws_row : 24;
}

static void put_line(struct screen *s, const char *style, const char *text)
{
	int most = report_terminal_columns() - 1;
	bool color = !s->options->no_color && report_terminal_color() && style;

	fprintf(s->out, "%s%.*s%s\n", color ? style : "", (int)text_head(text, most), text,
		color ? "\033[0m" : "");
	s->drawn++;
}

/* "4:07", "1:04:07" */
static const char *clock_text(int64_t span, char buf[MOMENT_TEXT])
{
	int64_t s = span > 0 ? span / MOMENT_SECOND : 0;

	if (s < 3600)
		return text_print(buf, MOMENT_TEXT, "%" PRId64 ":%02" PRId64, s / 60, s % 60);
	return text_print(buf, MOMENT_TEXT, "%" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600,
			  s / 60 % 60, s % 60);
}

static void put_server(struct screen *s, const struct freeze_view *v)
{
	bool frozen = v->state.frozen == MTA_YES && v->state.in_force != MTA_NO;
	char line[512], target[MTA_TARGET_TEXT], left[MOMENT_TEXT], asked[MOMENT_TEXT];
	int64_t now = moment_now();

	mta_target_text(v->target, target);
	if (v->step > FREEZE_WATCH)
		text_print(line, sizeof(line), "%s: thawing ...", target);
	else if (v->step < FREEZE_WATCH)
		text_print(line, sizeof(line), "%s: freezing ...", target);
	else
		text_print(line, sizeof(line), "%s %s, asked %s; thaws in %s", target,
			   frozen ? "FROZEN" : "NOT FROZEN",
			   moment_format_ago(v->asked, now, asked), clock_text(v->left, left));
	put_line(s, frozen ? "\033[1m" : "\033[1;31m", line);
}

static void put_incident(struct screen *s, const struct freeze_view *v)
{
	int64_t grace = v->frozen + INCIDENT_GRACE - moment_now();
	char line[256], deliveries[64] = "";

	if (v->state.deliveries > 0)
		text_print(deliveries, sizeof(deliveries), "; %" PRId64 " deliveries end",
			   v->state.deliveries);
	if (v->incident)
		text_print(line, sizeof(line), "incident %" PRId64 "%s%s", v->incident,
			   v->joined ? ", joined" : "", deliveries);
	else
		text_print(line, sizeof(line), "no incident yet%s", deliveries);
	put_line(s, NULL, line);
	if (v->incident && v->step == FREEZE_WATCH && grace > 0) {
		text_print(line, sizeof(line),
			   "no mail server is accused for another %" PRId64 " s: what was under "
			   "way may end",
			   grace / MOMENT_SECOND + 1);
		put_line(s, NULL, line);
	}
}

static void draw(struct screen *s, const struct freeze_view *v)
{
	erase(s);
	put_line(s, NULL, "");
	put_server(s, v);
	put_incident(s, v);
	if (s->tries && v->incident) {
		char summary[256];

		put_line(s, NULL, tries_summary(s->tries, summary, sizeof(summary)));
		s->drawn += tries_table(s->tries, s->out, rows() - s->drawn - 3);
	}
	if (s->ends && v->step <= FREEZE_WATCH)
		put_line(s, "\033[2m", "Ctrl-C thaws it now");
	flush(s, 0);
}

/* --- lines ------------------------------------------------------------------------------------ */

/* What happens, with its time. */
static void say(void *context, const char *text)
{
	struct screen *s = context;
	char local[MOMENT_TEXT];

	if (s->options->format != FORMAT_TABLE) {
		log_say("%s", text);
		return;
	}
	erase(s);
	fprintf(s->out, "%s  %s\n", moment_format_local(moment_now(), local) + 11, text);
	flush(s, PATIENCE);
}

static void say_try(void *context, const char *text)
{
	say(context, text);
}

static void say_heartbeat(struct screen *s, const struct freeze_view *v)
{
	char line[512], left[MOMENT_TEXT], summary[256] = "";

	if (s->tries)
		tries_summary(s->tries, summary, sizeof(summary));
	text_print(line, sizeof(line), "%s; thaws in %s; %s",
		   v->state.frozen == MTA_YES ? "frozen" : "NOT FROZEN", clock_text(v->left, left),
		   summary);
	say(s, line);
}

/* --- what the freeze calls -------------------------------------------------------------------- */

static void take_signals(struct screen *s)
{
	static const struct timespec none = {0};

	while (sigtimedwait(&s->signals, NULL, &none) > 0) {
		if (!s->ending && s->ends)
			say(s, "told to end: thawing; this cannot be interrupted");
		s->ending = s->ends;
	}
}

static bool is_due(int64_t *when, int64_t span, int64_t now)
{
	if (now < *when)
		return false;
	*when = now + span;
	return true;
}

static bool idle(void *context, const struct freeze_view *v)
{
	struct screen *s = context;
	int64_t now = moment_steady();

	take_signals(s);
	if (s->tries && v->incident && is_due(&s->look, LOOK, now))
		tries_look(s->tries, v->frozen, s->terminal ? NULL : say_try, s);
	if (s->terminal && is_due(&s->draw, DRAW, now))
		draw(s, v);
	if (!s->terminal && v->step == FREEZE_WATCH && is_due(&s->beat, HEARTBEAT, now))
		say_heartbeat(s, v);
	return s->ending;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static void hold_signals(struct screen *s)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

	sigemptyset(&s->signals);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		sigaddset(&s->signals, ends[i]);
	sigprocmask(SIG_BLOCK, &s->signals, &s->before);
	/* One that is stopped would not thaw. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
}

struct screen *screen_begin(const struct options *o, struct query *q, bool ends)
{
	struct screen *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->options = o;
	s->ends = ends;
	s->terminal = o->format == FORMAT_TABLE && isatty(STDOUT_FILENO);
	s->calls = (struct freeze_screen){.idle = idle, .say = say, .context = s};
	s->out = open_memstream(&s->room, &s->room_size);
	s->tries = q ? tries_new(q) : NULL;
	if (!s->out || (q && !s->tries)) {
		if (s->out)
			fclose(s->out);
		free(s->room);
		tries_free(s->tries);
		free(s);
		return NULL;
	}
	fflush(stdout);
	hold_signals(s);
	s->kept[0] = make_patient(STDOUT_FILENO);
	s->kept[1] = make_patient(STDERR_FILENO);
	if (s->terminal)
		fputs("\033[?25l", s->out);
	return s;
}

const struct freeze_screen *screen_calls(const struct screen *s)
{
	return &s->calls;
}

bool screen_is_ending(const struct screen *s)
{
	return s->ending;
}

static void restore(int fd, int kept)
{
	if (kept < 0)
		return;
	dup2(kept, fd);
	close(kept);
}

/* Signals stay held back: the report is next, and is short. */
void screen_end(struct screen *s)
{
	if (!s)
		return;
	take_signals(s);
	erase(s);
	if (s->terminal)
		fputs("\033[?25h", s->out);
	flush(s, PATIENCE);
	restore(STDOUT_FILENO, s->kept[0]);
	restore(STDERR_FILENO, s->kept[1]);
	sigprocmask(SIG_SETMASK, &s->before, NULL);
	signal(SIGTSTP, SIG_DFL);
	signal(SIGTTOU, SIG_DFL);
	fclose(s->out);
	free(s->room);
	tries_free(s->tries);
	free(s);
}
