/*
 * Wordings as these programs and services send them: Postfix 3 (smtpd, postgrey), Exim 4 with
 * cPanel's ACLs, Sendmail 8, Exchange, Exchange Online, Gmail, Yahoo, qmail with rblsmtpd,
 * Proofpoint, Mimecast, Barracuda, Cisco.  %i our public address, %n the server's name, %w whom it
 * is about, %q a queue number, %d a date, %z a blacklist's zone, %l its page about us.
 */
#include "server.h"

#include <string.h>

static const char *const common[SAY_COUNT] = {
	[SAY_BANNER] = "220 %n ESMTP\r\n",
	[SAY_HELO] = "250 %n\r\n",
	[SAY_EHLO] = "250-%n\r\n250-8BITMIME\r\n%p%s250 SIZE 52428800\r\n",
	[SAY_MAIL] = "250 2.1.0 Sender ok\r\n",
	[SAY_RCPT] = "250 2.1.5 Recipient ok\r\n",
	[SAY_DATA] = "354 End data with <CR><LF>.<CR><LF>\r\n",
	[SAY_QUEUED] = "250 2.0.0 Ok: queued as %q\r\n",
	[SAY_QUIT] = "221 2.0.0 Bye\r\n",
	[SAY_RSET] = "250 2.0.0 Ok\r\n",
	[SAY_UNKNOWN] = "550 5.1.1 <%w>: Recipient address rejected: User unknown\r\n",
	[SAY_GREY] = "450 4.2.0 <%w>: Recipient address rejected: Greylisted, try again later\r\n",
	[SAY_LISTED] = "554 5.7.1 Service unavailable; Client host [%i] blocked using %z; %l\r\n",
	[SAY_BUSY] = "421 4.7.0 %n Service not available, try again later\r\n",
	[SAY_BAD_HELO] = "504 5.5.2 <%w>: Helo command rejected: need fully-qualified hostname\r\n",
	[SAY_SPAM] = "550 5.7.1 Message rejected as spam by Content Filtering.\r\n",
	[SAY_SYNC] = "521 5.5.1 Protocol error\r\n",
	[SAY_NO_RCPT] = "554 5.5.1 Error: no valid recipients\r\n",
	[SAY_TLS] = "220 2.0.0 Ready to start TLS\r\n",
	[SAY_RELAY] = "554 5.7.1 <%w>: Relay access denied\r\n",
};

static const char *const own[SOFT_COUNT][SAY_COUNT] = {
	[SOFT_POSTFIX] =
		{
			[SAY_BANNER] = "220 %n ESMTP Postfix\r\n",
			[SAY_EHLO] = "250-%n\r\n%p250-SIZE 10240000\r\n250-ETRN\r\n%s"
				     "250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n"
				     "250-SMTPUTF8\r\n250 CHUNKING\r\n",
			[SAY_MAIL] = "250 2.1.0 Ok\r\n",
			[SAY_RCPT] = "250 2.1.5 Ok\r\n",
			[SAY_UNKNOWN] =
				"550 5.1.1 <%w>: Recipient address rejected: User unknown in "
				"virtual mailbox table\r\n",
			[SAY_GREY] = "450 4.2.0 <%w>: Recipient address rejected: Greylisted, see "
				     "http://postgrey.schweikert.ch/help/%n.html\r\n",
		},
	[SOFT_EXIM] =
		{
			[SAY_BANNER] = "220 %n ESMTP Exim 4.96.2 #2 %d \r\n",
			[SAY_HELO] = "250 %n Hello %w [%i]\r\n",
			[SAY_EHLO] =
				"250-%n Hello %w [%i]\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n%p"
				"250-PIPECONNECT\r\n%s250 HELP\r\n",
			[SAY_MAIL] = "250 OK\r\n",
			[SAY_RCPT] = "250 Accepted\r\n",
			[SAY_DATA] = "354 Enter message, ending with \".\" on a line by itself\r\n",
			[SAY_QUEUED] = "250 OK id=1t%q-0000Qy-2b\r\n",
			[SAY_QUIT] = "221 %n closing connection\r\n",
			[SAY_RSET] = "250 Reset OK\r\n",
			[SAY_UNKNOWN] = "550 No Such User Here\r\n",
			[SAY_GREY] =
				"451 Temporary local problem - please try later (greylisted)\r\n",
			[SAY_LISTED] =
				"550-\"JunkMail rejected - (%w) [%i] is in an RBL: Client host "
				"blocked\r\n550 using %z, see %l\"\r\n",
			[SAY_SYNC] = "554 SMTP synchronization error\r\n",
			[SAY_NO_RCPT] = "503 All RCPT commands were rejected\r\n",
			[SAY_SPAM] = "550 This message was classified as SPAM and may not be "
				     "delivered\r\n",
			[SAY_TLS] = "220 TLS go ahead\r\n",
			[SAY_RELAY] = "550 relay not permitted\r\n",
		},
	[SOFT_SENDMAIL] =
		{
			[SAY_BANNER] = "220 %n ESMTP Sendmail 8.15.2/8.15.2; %d\r\n",
			[SAY_HELO] = "250 %n Hello %w [%i], pleased to meet you\r\n",
			[SAY_EHLO] = "250-%n Hello %w [%i], pleased to meet you\r\n"
				     "250-ENHANCEDSTATUSCODES\r\n%p250-8BITMIME\r\n250-SIZE\r\n"
				     "250-DSN\r\n%s250-DELIVERBY\r\n250 HELP\r\n",
			[SAY_MAIL] = "250 2.1.0 <%w>... Sender ok\r\n",
			[SAY_RCPT] = "250 2.1.5 <%w>... Recipient ok\r\n",
			[SAY_DATA] = "354 Enter mail, end with \".\" on a line by itself\r\n",
			[SAY_QUEUED] = "250 2.0.0 %q Message accepted for delivery\r\n",
			[SAY_QUIT] = "221 2.0.0 %n closing connection\r\n",
			[SAY_RSET] = "250 2.0.0 Reset state\r\n",
			[SAY_UNKNOWN] = "550 5.1.1 <%w>... User unknown\r\n",
			[SAY_LISTED] = "550 5.7.1 Rejected: %i listed at %z\r\n",
			[SAY_NO_RCPT] = "503 5.0.0 Need RCPT (recipient)\r\n",
		},
	[SOFT_EXCHANGE] =
		{
			[SAY_BANNER] = "220 %n Microsoft ESMTP MAIL Service ready at %d\r\n",
			[SAY_HELO] = "250 %n Hello [%i]\r\n",
			[SAY_EHLO] =
				"250-%n Hello [%i]\r\n250-SIZE 37748736\r\n%p250-DSN\r\n"
				"250-ENHANCEDSTATUSCODES\r\n%s250-8BITMIME\r\n250-BINARYMIME\r\n"
				"250 CHUNKING\r\n",
			[SAY_MAIL] = "250 2.1.0 Sender OK\r\n",
			[SAY_RCPT] = "250 2.1.5 Recipient OK\r\n",
			[SAY_DATA] = "354 Start mail input; end with <CRLF>.<CRLF>\r\n",
			[SAY_QUEUED] = "250 2.6.0 <%q@%n> [InternalId=17334] Queued mail for "
				       "delivery\r\n",
			[SAY_QUIT] = "221 2.0.0 Service closing transmission channel\r\n",
			[SAY_RSET] = "250 2.0.0 Resetting\r\n",
			[SAY_UNKNOWN] = "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not "
					"found by SMTP address lookup\r\n",
			[SAY_NO_RCPT] = "503 5.5.2 Need rcpt command\r\n",
			[SAY_TLS] = "220 2.0.0 SMTP server ready\r\n",
			[SAY_RELAY] = "550 5.7.54 SMTP; Unable to relay recipient in non-accepted "
				      "domain\r\n",
		},
	[SOFT_OUTLOOK] =
		{
			[SAY_BANNER] =
				"220 AM4PEPF%q.mail.protection.outlook.com Microsoft ESMTP MAIL "
				"Service ready at %d [08DE%q]\r\n",
			[SAY_HELO] =
				"250 AM4PEPF00025F97.mail.protection.outlook.com Hello [%i]\r\n",
			[SAY_EHLO] =
				"250-AM4PEPF00025F97.mail.protection.outlook.com Hello [%i]\r\n"
				"250-SIZE 157286400\r\n%p250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n%s"
				"250-8BITMIME\r\n250-BINARYMIME\r\n250-CHUNKING\r\n"
				"250 SMTPUTF8\r\n",
			[SAY_MAIL] = "250 2.1.0 Sender OK\r\n",
			[SAY_RCPT] = "250 2.1.5 Recipient OK\r\n",
			[SAY_DATA] = "354 Start mail input; end with <CRLF>.<CRLF>\r\n",
			[SAY_QUEUED] =
				"250 2.6.0 <%q@mail> [InternalId=12345, "
				"Hostname=DB9PR.eurprd.prod.outlook.com] 9876 bytes in 0.182, "
				"52.9 KB/sec Queued mail for delivery\r\n",
			[SAY_QUIT] = "221 2.0.0 Service closing transmission channel\r\n",
			[SAY_RSET] = "250 2.0.0 Resetting\r\n",
			[SAY_UNKNOWN] = "550 5.4.1 Recipient address rejected: Access denied. "
					"[AM4PEPF00025F97.EURPRD83.prod.outlook.com]\r\n",
			[SAY_LISTED] =
				"550 5.7.1 Service unavailable, Client host [%i] blocked using "
				"Spamhaus. To request removal from this list see "
				"https://www.spamhaus.org/query/ip/%i (AS3130). "
				"[AM4PEPF00025F97.EURPRD83.prod.outlook.com]\r\n",
			[SAY_BUSY] = "451 4.7.500 Server busy. Please try again later from [%i]. "
				     "(S77719)\r\n",
			[SAY_NO_RCPT] = "503 5.5.2 Need rcpt command\r\n",
			[SAY_TLS] = "220 2.0.0 SMTP server ready\r\n",
		},
	[SOFT_GMAIL] =
		{
			[SAY_BANNER] = "220 mx.google.com ESMTP %q-si1104d2710b3a.328 - gsmtp\r\n",
			[SAY_HELO] = "250 mx.google.com at your service\r\n",
			[SAY_EHLO] =
				"250-mx.google.com at your service, [%i]\r\n"
				"250-SIZE 157286400\r\n250-8BITMIME\r\n%s"
				"250-ENHANCEDSTATUSCODES\r\n%p250-CHUNKING\r\n250 SMTPUTF8\r\n",
			[SAY_MAIL] = "250 2.1.0 OK %q-si110 - gsmtp\r\n",
			[SAY_RCPT] = "250 2.1.5 OK %q-si110 - gsmtp\r\n",
			[SAY_DATA] = "354 Go ahead %q-si110 - gsmtp\r\n",
			[SAY_QUEUED] = "250 2.0.0 OK  1772521200 %q-si110 - gsmtp\r\n",
			[SAY_QUIT] = "221 2.0.0 closing connection %q-si110 - gsmtp\r\n",
			[SAY_UNKNOWN] =
				"550-5.1.1 The email account that you tried to reach does not "
				"exist. Please try\r\n550-5.1.1 double-checking the "
				"recipient's email address for typos or\r\n550 5.1.1  "
				"https://support.google.com/mail/?p=NoSuchUser %q - gsmtp\r\n",
			[SAY_LISTED] =
				"550-5.7.1 [%i] The IP you're using to send mail is not "
				"authorized to\r\n550-5.7.1 send email directly to our servers. "
				"Please use the SMTP relay at your\r\n550-5.7.1 service provider "
				"instead. For more information, go to\r\n550 5.7.1  "
				"https://support.google.com/mail/?p=NotAuthorizedError %q - "
				"gsmtp\r\n",
			[SAY_BUSY] =
				"421-4.7.28 Gmail has detected an unusual rate of email "
				"originating from your IP address [%i]. To\r\n421-4.7.28 protect "
				"our users from spam, email has been temporarily rate\r\n421 "
				"4.7.28 "
				"limited. "
				"https://support.google.com/mail/?p=UnsolicitedRateLimitError"
				" %q - gsmtp\r\n",
			[SAY_SPAM] =
				"550-5.7.1 [%i      12] Gmail has detected that this message is "
				"likely\r\n550-5.7.1 unsolicited mail. To reduce the amount of "
				"spam "
				"sent to Gmail, this\r\n550-5.7.1 message has been blocked. Please "
				"visit\r\n550 5.7.1  https://support.google.com/mail/?p="
				"UnsolicitedMessageError %q - gsmtp\r\n",
		},
	[SOFT_YAHOO] =
		{
			[SAY_BANNER] = "220 mtaproxy513.free.mail.ne1.yahoo.com ESMTP ready\r\n",
			[SAY_EHLO] =
				"250-mtaproxy513.free.mail.ne1.yahoo.com\r\n%p250-SIZE 41943040\r\n"
				"250-8BITMIME\r\n%s250 ENHANCEDSTATUSCODES\r\n",
			[SAY_MAIL] = "250 sender <%w> ok\r\n",
			[SAY_RCPT] = "250 recipient <%w> ok\r\n",
			[SAY_DATA] = "354 go ahead\r\n",
			[SAY_QUEUED] = "250 ok dirdel\r\n",
			[SAY_QUIT] = "221 mta.yahoo.com\r\n",
			[SAY_UNKNOWN] = "554 delivery error: dd This user doesn't have a yahoo.com "
					"account (%w) [0] - mta4353.mail.bf1.yahoo.com\r\n",
			[SAY_LISTED] = "553 5.7.1 [BL21] Connections will not be accepted from %i, "
				       "because the ip is in Spamhaus's list; see "
				       "https://postmaster.yahooinc.com/550-bl23\r\n",
			[SAY_BUSY] =
				"421 4.7.0 [TSS04] Messages from %i temporarily deferred due to "
				"unexpected volume or user complaints - 4.16.55.1; see "
				"https://postmaster.yahooinc.com/error-codes\r\n",
		},
	[SOFT_QMAIL] =
		{
			[SAY_EHLO] = "250-%n\r\n%p250 8BITMIME\r\n",
			[SAY_MAIL] = "250 ok\r\n",
			[SAY_RCPT] = "250 ok\r\n",
			[SAY_DATA] = "354 go ahead\r\n",
			[SAY_QUEUED] = "250 ok 1772521200 qp 18221\r\n",
			[SAY_QUIT] = "221 %n\r\n",
			[SAY_UNKNOWN] = "550 sorry, no mailbox here by that name. (#5.1.1)\r\n",
			[SAY_LISTED] = "553 Blocked - see %l\r\n",
			[SAY_NO_RCPT] = "503 RCPT first (#5.5.1)\r\n",
			[SAY_RELAY] =
				"553 sorry, that domain isn't in my list of allowed rcpthosts "
				"(#5.7.1)\r\n",
		},
	[SOFT_PROOFPOINT] = {[SAY_BANNER] = "220 %n ESMTP cm-m0209481\r\n",
			     [SAY_LISTED] =
				     "554 Blocked - see https://ipcheck.proofpoint.com/?ip=%i\r\n"},
	[SOFT_MIMECAST] = {[SAY_BANNER] = "220 %n ESMTP ; %d\r\n",
			   [SAY_LISTED] =
				   "550 csi.mimecast.org Poor Reputation Sender. - "
				   "https://community.mimecast.com/docs/DOC-1369#550 [%q.uk15] "
				   "%i\r\n"},
	[SOFT_BARRACUDA] = {[SAY_BANNER] = "220 %n ESMTP (%q)\r\n",
			    [SAY_LISTED] =
				    "554 Service unavailable; Client host [%i] blocked using "
				    "Barracuda Reputation; "
				    "http://www.barracudanetworks.com/reputation/?r=1&ip=%i\r\n"},
	[SOFT_CISCO] = {[SAY_LISTED] = "554-%n\r\n554 Your access to this mail system has been "
				       "rejected due to the sending MTA's poor reputation. If you "
				       "believe that this failure is in error, please contact the "
				       "intended recipient via alternate means.\r\n"},
};

enum stage server_list_stage(const struct server *v)
{
	if (v->soft == SOFT_YAHOO || v->soft == SOFT_CISCO || v->soft == SOFT_QMAIL ||
	    v->soft == SOFT_PROOFPOINT)
		return STAGE_BANNER;
	return v->soft == SOFT_GMAIL ? STAGE_DATA : STAGE_RCPT;
}

static void dotted(struct text *t, uint32_t ip)
{
	text_printf(t, "%u.%u.%u.%u", ip >> 24, (ip >> 16) & 255, (ip >> 8) & 255, ip & 255);
}

static void fill(struct text *t, struct sim *s, struct rng *r, const struct server *v, char what,
		 const char *who, uint64_t time)
{
	switch (what) {
	case 'i':
		dotted(t, s->site.public_ip);
		break;
	case 'n':
		text_put(t, v->name);
		break;
	case 'w':
		text_put(t, who);
		break;
	case 'q':
		text_printf(t, "%08X", (unsigned)rng_next(r));
		break;
	case 'd':
		text_date(t, time);
		break;
	case 'z':
		text_put(t, list_zone(v->list));
		break;
	case 'l':
		text_put(t, list_link(v->list));
		dotted(t, s->site.public_ip);
		break;
	case 'p':
		text_put(t, v->pipelining ? "250-PIPELINING\r\n" : "");
		text_put(t, v->auth ? "250-AUTH LOGIN PLAIN\r\n" : "");
		break;
	case 's':
		text_put(t, v->starttls ? "250-STARTTLS\r\n" : "");
		break;
	default:
		break;
	}
}

void server_say(struct text *t, struct sim *s, struct rng *r, const struct server *v,
		enum saying what, const char *who, uint64_t time)
{
	const char *p = own[v->soft][what] ? own[v->soft][what] : common[what];

	while (*p) {
		const char *next = strchr(p, '%');

		if (!next) {
			text_put(t, p);
			return;
		}
		text_add(t, p, (size_t)(next - p));
		fill(t, s, r, v, next[1], who, time);
		p = next + 2;
	}
}
