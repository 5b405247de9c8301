/*
 * smtp: one SMTP dialogue (RFC 5321, with RFC 2920 PIPELINING, 3030 CHUNKING, 3207 STARTTLS, 4954
 * AUTH, 2034 enhanced codes), read from the in-order bytes of either side.  Pure, of fixed size,
 * without pointers; every byte may be chosen by an attacker.  Bodies are passed over: of a message
 * nothing is kept but that it was accepted and how long it was.  Of a recipient only the domain is
 * kept, of AUTH only mechanism and success.
 *
 * The caller hands on bytes in the order in which the two ends knew of them (see dialogs.c): what
 * the client says comes after whatever it had acknowledged of the server's.
 */
#ifndef EGRESS25_FLOW_SMTP_H
#define EGRESS25_FLOW_SMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMTP_BANNER  160 /* sizes of texts, escaped (base/text.h), NUL included */
#define SMTP_HELO    160
#define SMTP_REPLY   320
#define SMTP_SENDERS 16 /* distinct MAIL FROM addresses told */
#define SMTP_DOMAINS 16 /* distinct recipient domains told */
#define SMTP_ARENA   1024

/* What is odd about a HELO name: a set of bits. */
enum smtp_helo {
	SMTP_HELO_LOCALHOST = 1,    /* localhost, localhost.localdomain, *.local(host|domain) */
	SMTP_HELO_BARE_ADDRESS = 2, /* 192.0.2.1, without brackets (RFC 5321 4.1.3) */
	SMTP_HELO_NO_DOT = 4,	    /* neither a full name nor an address literal */
	SMTP_HELO_NOTORIOUS = 8,    /* a name that a known bot gives: ylmf-pc */
	SMTP_HELO_NOT_A_NAME = 16,  /* empty, or with bytes that no name has */
	SMTP_HELO_LITERAL = 32,	    /* [192.0.2.1]: allowed */
};

struct smtp_facts {
	/* Texts: escaped, "" where there is none. */
	char banner[SMTP_BANNER]; /* first line of the greeting, without its code */
	char helo[SMTP_HELO];	  /* the first name given */
	/* The last 4xx or 5xx, code included, its lines joined by " "; but no 421 that takes leave,
	 * in answer to nothing or to QUIT, where there is another. */
	char reply[SMTP_REPLY];
	char auth[24]; /* mechanism, upper case */
	/* NUL-terminated texts one behind the other. */
	uint16_t senders_length, domains_length;
	uint8_t sender_count, domain_count;
	char senders[SMTP_ARENA]; /* distinct, first seen first; "<>" for the null sender */
	char domains[SMTP_ARENA / 2];

	uint16_t banner_code, reply_code;
	uint8_t helo_flags; /* enum smtp_helo, of all HELOs given */
	uint8_t helo_count; /* distinct-from-the-one-before names given, up to 255 */
	/* Hash of how it speaks: verbs in order of first use, their letter case and spacing,
	 * parameters of MAIL and RCPT, line ends; addresses, names and numbers of repeats left out:
	 * equal for two sessions of one engine. */
	uint32_t dialect;
	uint32_t commands;		   /* lines understood as SMTP commands */
	uint32_t unknown_commands;	   /* lines that are none: header lines, HTTP, noise */
	uint32_t replies;		   /* complete replies of the server */
	uint32_t replies_4xx, replies_5xx; /* among them */
	uint32_t unmatched_replies;	   /* that answer no command seen */
	uint32_t mails, mails_refused;	   /* MAIL FROM commands; refused with 4xx or 5xx */
	uint32_t senders_left_out;	   /* distinct or not, for which there was no room */
	uint32_t domains_left_out;
	uint32_t recipients;	     /* RCPT accepted (2xx) */
	uint32_t recipients_refused; /* RCPT answered 4xx or 5xx */
	uint32_t messages;	     /* accepted: 2xx after the final dot or BDAT LAST */
	uint32_t messages_refused;   /* 4xx or 5xx there, or in answer to DATA */
	uint64_t body_bytes;	     /* of DATA and BDAT, as sent */
	uint32_t cut_lines; /* longer than is kept: read to their end, judged by their head */
	uint32_t gaps;	    /* times that bytes of either side were missing */

	bool ehlo : 1, helo_verb : 1; /* which greeting verbs it used */
	bool pipelining_offered : 1, chunking_offered : 1, starttls_offered : 1, auth_offered : 1;
	bool starttls_asked : 1, encrypted : 1; /* STARTTLS; 220 in answer to it */
	bool auth_tried : 1, auth_succeeded : 1;
	bool spoke_first : 1;		  /* sent before it had received the whole greeting */
	bool pipelined : 1;		  /* more than one command without awaiting the reply */
	bool pipelined_without_leave : 1; /* so, where the server had not offered it, or of
					   * commands that RFC 2920 lets stand only last */
	bool ignored_refusal : 1;	  /* went on after a refusal that forbids it: DATA with no
					   * recipient accepted, MAIL after a 5xx greeting, ... */
	bool quit : 1;
	bool bare_lf : 1;    /* a command line ended in LF alone */
	bool lower_case : 1; /* a verb in other letters than capitals */
	bool not_smtp : 1;   /* the server's first bytes are no reply: it is another protocol */
	bool client_seen : 1, server_seen : 1; /* had any bytes */
	bool lost_track : 1; /* more commands outstanding than are remembered, or a gap where one
			      * cannot know what followed: counts are a lower bound from there */
	/*
	 * Segments that repeat bytes as other ones, each counted once, up to 65535: what was read
	 * may not be what the other end read.  No honest end sends any; of the server's a firewall
	 * that rewrites replies, seen on both sides of it, makes some.
	 */
	uint16_t conflicts, server_conflicts; /* the client's, the server's */
};

/*
 * A complete reply of code 400 to 599, while it is at hand.  Of addresses that the server repeats
 * the local part is shown as "*": it may be a recipient's.
 */
struct smtp_reply {
	uint16_t code;
	const char *text; /* code and lines joined by " ", escaped, up to SMTP_REPLY_TEXT */
};
#define SMTP_REPLY_TEXT 1024

struct smtp_sink {
	void *context;
	void (*refusal)(void *context, const struct smtp_reply *reply);
};

/* One line of a side while it arrives; wiped when it has been read. */
#define SMTP_LINE 512
struct smtp_line {
	uint16_t length; /* of the head that is kept */
	bool begun, cut, after_cr;
	char text[SMTP_LINE];
};

/* Commands whose replies are still to come, in order: runs of one kind. */
#define SMTP_RUNS 32
struct smtp_queue {
	uint32_t forgotten; /* behind the runs: of kinds that are not remembered */
	uint32_t vouched;   /* so many at the head had nothing unseen before them */
	uint16_t counts[SMTP_RUNS];
	uint8_t kinds[SMTP_RUNS]; /* enum smtp_kind of smtp_internal.h */
	uint8_t head, length;
};

#define SMTP_LOCALS 4  /* words of 64 bits in which recipients' local parts are marked */
#define SMTP_TOKENS 16 /* distinct ways of writing a command that `dialect` is made of */

/*
 * The dialogue's state.  Its insides are smtp.c's; `facts` may be read at any time and says what
 * has been understood so far.
 */
struct smtp {
	struct smtp_facts facts;

	uint64_t server_bytes; /* handed on so far, gaps included */
	uint64_t greeting_end; /* their count when the greeting was complete, */
	uint64_t answer_end;   /* and the last reply that answers a command */
	uint64_t blind_since;  /* and when bytes were last missing */
	uint64_t chunk_left;   /* of BDAT */
	uint32_t name_hash;    /* of the HELO name given last */
	uint32_t probe_known;  /* what the client had acknowledged of the server's, where probing */

	uint64_t
		locals[SMTP_LOCALS]; /* marks by hash: so that a reply which repeats one hides it */
	struct smtp_queue queue;
	struct smtp_line client, server;
	uint16_t tokens[SMTP_TOKENS];
	uint8_t token_count;

	/* Enums and their meaning are in smtp_internal.h. */
	uint8_t state, waiting, body, greeting, last_kind, mail;
	uint8_t offers, offers_now; /* of the EHLO reply last matched, and of the one arriving */
	uint16_t reply_lines, reply_code;
	uint32_t accepted, refused; /* recipients of this transaction */
	uint32_t stray;		    /* unknown lines before anything was understood */

	bool joined_enhanced : 1; /* `joined` has an enhanced code already */
	bool reply_answers : 1;	  /* facts.reply is none that merely takes leave */
	bool offers_known : 1, torn : 1, after_junk : 1;
	bool skip_client : 1, skip_server : 1; /* to the end of the line: bytes of it are missing */
	bool blind_client : 1, blind_server : 1; /* commands, replies may be missing */
	bool body_begins : 1;
	bool body_loose : 1;		     /* the body may have ended where we did not see it */
	bool body_unseen : 1;		     /* a 354 may open a body though no DATA was seen */
	bool early : 1, early_pipelined : 1; /* claims, if a greeting is seen */
	bool waited : 1;		     /* the line being read began with every reply known */
	bool greeting_refused : 1, hello_refused : 1, hello_accepted : 1, data_refused : 1;
	bool chunk_refused : 1;
	bool opaque : 1;  /* TLS, or another protocol: nothing is read */
	bool guessed : 1; /* so, until the server speaks in clear: see smtp_tls.c */
	bool guessed_starttls : 1;
	bool probing : 1;	      /* what `client` holds may begin a record of TLS */
	char joined[SMTP_REPLY_TEXT]; /* the refusal that is arriving, escaped */
};

void smtp_init(struct smtp *s);

/*
 * Bytes of the client, in order.  `known` is how many of the server's bytes (of those handed to
 * smtp_server() and smtp_gap(), counted from the beginning of the connection or of what was seen of
 * it) the client had acknowledged when it sent them: so it is told who did not wait for a reply.
 * Returns how many bytes were taken.  Fewer than n where what they mean depends on a reply that is
 * still to come (behind DATA, STARTTLS, AUTH): the caller offers the rest again after further bytes
 * of the server, or smtp_assume().
 */
size_t smtp_client(struct smtp *s, const void *data, size_t n, uint64_t known);

/* The reply that smtp_client() waits for will not be seen: assume what the client acts on. */
void smtp_assume(struct smtp *s);
bool smtp_waits(const struct smtp *s);

/* Bytes of the server, in order; all are taken.  sink may be NULL. */
void smtp_server(struct smtp *s, const void *data, size_t n, const struct smtp_sink *sink);

/* n bytes of a side were not seen and never will be: its parser finds its feet at the next line. */
void smtp_gap(struct smtp *s, bool client, uint64_t n);

/* A segment of a side repeated bytes as other ones: they were dropped, and are counted here. */
void smtp_conflict(struct smtp *s, bool client);

#endif
