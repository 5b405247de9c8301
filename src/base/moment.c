#include "base/moment.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

/* The first that four digits of a year can say. */
#define MOMENT_LEAST INT64_C(-62135596800000000)

int64_t moment_floor(int64_t t, int64_t span)
{
	int64_t rest = t % span;

	if (rest < 0)
		rest += span;
	return t < INT64_MIN + rest ? INT64_MIN : t - rest;
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * MOMENT_SECOND + now.tv_nsec / 1000;
}

int64_t moment_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t moment_steady(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t moment_since_boot(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

static int64_t clamp(int64_t t)
{
	return t < MOMENT_LEAST ? MOMENT_LEAST : t > MOMENT_LAST ? MOMENT_LAST : t;
}

/* printf(3) would be the dearest part of a long list. */
static void put_digits(char *at, int count, int n, char behind)
{
	at[count] = behind;
	for (; count > 0; n /= 10)
		at[--count] = (char)('0' + n % 10);
}

const char *moment_format_utc(int64_t t, char buf[MOMENT_TEXT])
{
	int64_t whole = moment_floor(clamp(t), MOMENT_SECOND);
	time_t seconds = (time_t)(whole / MOMENT_SECOND);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	put_digits(buf, 4, tm.tm_year + 1900, '-');
	put_digits(buf + 5, 2, tm.tm_mon + 1, '-');
	put_digits(buf + 8, 2, tm.tm_mday, 'T');
	put_digits(buf + 11, 2, tm.tm_hour, ':');
	put_digits(buf + 14, 2, tm.tm_min, ':');
	put_digits(buf + 17, 2, tm.tm_sec, '.');
	put_digits(buf + 20, 6, (int)(clamp(t) - whole), 'Z');
	buf[27] = '\0';
	return buf;
}

const char *moment_format_local(int64_t t, char buf[MOMENT_TEXT])
{
	time_t seconds = (time_t)(moment_floor(clamp(t), MOMENT_SECOND) / MOMENT_SECOND);
	struct tm tm;

	localtime_r(&seconds, &tm);
	return text_print(buf, MOMENT_TEXT, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900,
			  tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

const char *moment_format_ago(int64_t t, int64_t now, char buf[MOMENT_TEXT])
{
	int64_t seconds = (clamp(now) - clamp(t)) / MOMENT_SECOND;
	bool future = seconds < 0;
	int64_t n = future ? -seconds : seconds;
	const char *unit = "s";

	if (n < 1)
		return text_print(buf, MOMENT_TEXT, "just now");
	if (n >= INT64_C(2) * 86400) {
		n /= 86400;
		unit = "days";
	} else if (n >= INT64_C(2) * 3600) {
		n /= 3600;
		unit = "h";
	} else if (n >= INT64_C(2) * 60) {
		n /= 60;
		unit = "min";
	}
	return text_print(buf, MOMENT_TEXT, future ? "in %lld %s" : "%lld %s ago", (long long)n,
			  unit);
}

static int64_t unit_of(char c)
{
	switch (c) {
	case 's':
		return MOMENT_SECOND;
	case 'm':
		return MOMENT_MINUTE;
	case 'h':
		return MOMENT_HOUR;
	case 'd':
		return MOMENT_DAY;
	case 'w':
		return 7 * MOMENT_DAY;
	default:
		return 0;
	}
}

int moment_parse_duration(const char *text, int64_t *ret_)
{
	int64_t sum = 0;

	if (!*text)
		return -EINVAL;
	while (*text) {
		int64_t n = 0, unit;
		int digits = 0;

		for (; isdigit((unsigned char)*text); text++, digits++)
			if (digits < 10)
				n = n * 10 + (*text - '0');
		unit = unit_of(*text);
		if (unit == 0)
			return -EINVAL;
		text++;
		if (digits == 0 || digits > 10 || n > MOMENT_LAST / unit ||
		    sum > MOMENT_LAST - n * unit)
			return -EINVAL;
		sum += n * unit;
	}
	*ret_ = sum;
	return 0;
}

/* Exactly `digits` digits, of a value within bounds. */
static bool take_number(const char **at, int digits, int least, int most, int *ret_)
{
	int n = 0;

	for (int i = 0; i < digits; i++, (*at)++) {
		if (!isdigit((unsigned char)**at))
			return false;
		n = n * 10 + (**at - '0');
	}
	if (n < least || n > most)
		return false;
	*ret_ = n;
	return true;
}

static bool take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static bool valid_day(int year, int month, int day)
{
	static const int days[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return day <= days[month - 1] && (month != 2 || day < 29 || leap);
}

/* "YYYY-MM-DD" */
static bool take_date(const char **at, struct tm *tm)
{
	int year, month, day;

	if (!take_number(at, 4, 1, 9999, &year) || !take_char(at, '-') ||
	    !take_number(at, 2, 1, 12, &month) || !take_char(at, '-') ||
	    !take_number(at, 2, 1, 31, &day) || !valid_day(year, month, day))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return true;
}

/* "HH:MM[:SS[.fraction]]"; digits of the fraction beyond the sixth are passed over. */
static bool take_time(const char **at, struct tm *tm, int64_t *micro)
{
	int64_t weight = MOMENT_SECOND / 10;

	*micro = 0;
	if (!take_number(at, 2, 0, 23, &tm->tm_hour) || !take_char(at, ':') ||
	    !take_number(at, 2, 0, 59, &tm->tm_min))
		return false;
	if (!take_char(at, ':'))
		return true;
	if (!take_number(at, 2, 0, 60, &tm->tm_sec))
		return false;
	if (!take_char(at, '.'))
		return true;
	if (!isdigit((unsigned char)**at))
		return false;
	for (; isdigit((unsigned char)**at); (*at)++, weight /= 10)
		*micro += (**at - '0') * weight;
	return true;
}

/* "Z" or "+HH:MM": seconds east of UTC. */
static bool take_zone(const char **at, long *east)
{
	int hours, minutes, sign;

	*east = 0;
	if (take_char(at, 'Z') || take_char(at, 'z'))
		return true;
	sign = **at == '-' ? -1 : 1;
	if (!(take_char(at, '+') || take_char(at, '-')) || !take_number(at, 2, 0, 23, &hours) ||
	    !take_char(at, ':') || !take_number(at, 2, 0, 59, &minutes))
		return false;
	*east = sign * (hours * 3600L + minutes * 60L);
	return true;
}

/*
 * That time of day, `ago` days before day, in winter or summer time.  False where there is none:
 * the hour that is left out in spring, or summer time in winter.
 */
static bool local_clock(struct tm day, const struct tm *clock, int ago, int summer, int64_t *ret_)
{
	struct tm check;
	time_t t;

	day.tm_mday -= ago;
	day.tm_hour = clock->tm_hour;
	day.tm_min = clock->tm_min;
	day.tm_sec = clock->tm_sec;
	day.tm_isdst = summer;
	t = mktime(&day);
	localtime_r(&t, &check);
	*ret_ = (int64_t)t * MOMENT_SECOND;
	return check.tm_hour == clock->tm_hour && check.tm_min == clock->tm_min;
}

/* The latest that is not after now: where clocks go back, a time of day comes twice. */
static int recent_clock(const struct tm *clock, int64_t micro, int64_t now, int64_t *ret_)
{
	time_t seconds = (time_t)(moment_floor(now, MOMENT_SECOND) / MOMENT_SECOND);
	int64_t best = INT64_MIN, t;
	struct tm today;

	localtime_r(&seconds, &today);
	for (int ago = 0; ago <= 2; ago++)
		for (int summer = 0; summer <= 1; summer++)
			if (local_clock(today, clock, ago, summer, &t) && t + micro <= now &&
			    t + micro > best)
				best = t + micro;
	if (best == INT64_MIN)
		return -EINVAL;
	*ret_ = best;
	return 0;
}

/* "HH:MM[:SS]", perhaps with a zone: the most recent one. */
static int parse_clock(const char *text, int64_t now, int64_t *ret_)
{
	struct tm clock = {.tm_sec = 0};
	int64_t micro, t;
	long east;

	if (!take_time(&text, &clock, &micro))
		return -EINVAL;
	if (!*text)
		return recent_clock(&clock, micro, now, ret_);
	if (!take_zone(&text, &east) || *text)
		return -EINVAL;
	t = moment_floor(now + east * MOMENT_SECOND, MOMENT_DAY) - east * MOMENT_SECOND +
	    clock.tm_hour * MOMENT_HOUR + clock.tm_min * MOMENT_MINUTE +
	    clock.tm_sec * MOMENT_SECOND + micro;
	*ret_ = t > now ? t - MOMENT_DAY : t;
	return 0;
}

static int parse_date_time(const char *text, int64_t *ret_)
{
	struct tm tm = {.tm_isdst = -1};
	int64_t micro = 0;
	long east;

	if (!take_date(&text, &tm))
		return -EINVAL;
	if (take_char(&text, 'T') || take_char(&text, 't') || take_char(&text, ' ')) {
		if (!take_time(&text, &tm, &micro))
			return -EINVAL;
		if (*text) {
			if (!take_zone(&text, &east) || *text)
				return -EINVAL;
			*ret_ = ((int64_t)timegm(&tm) - east) * MOMENT_SECOND + micro;
			return 0;
		}
	}
	if (*text)
		return -EINVAL;
	*ret_ = (int64_t)mktime(&tm) * MOMENT_SECOND + micro;
	return 0;
}

int moment_parse(const char *text, int64_t now, int64_t *ret_)
{
	int64_t ago;

	if (moment_parse_duration(text, &ago) == 0) {
		*ret_ = now - ago;
		return 0;
	}
	if (strlen(text) > 2 && text[2] == ':')
		return parse_clock(text, now, ret_);
	return parse_date_time(text, ret_);
}
