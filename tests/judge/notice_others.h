/* Refusals that say something else, though some of them use the same words. */
static const char *const others[] = {
	/* Postfix */
	"550 5.1.1 <someone@example.com>: Recipient address rejected: User unknown "
	"in local recipient table",
	/* Gmail */
	"550-5.1.1 The email account that you tried to reach does not exist. "
	"Please try double-checking the recipient's email address for typos or "
	"unnecessary spaces.",
	/* Sisimai, reason tests */
	"552 5.2.2 Mailbox full",
	/* Gmail */
	"452 4.2.2 The recipient's inbox is out of storage space. Please direct "
	"the recipient to https://support.google.com/mail/?p=OverQuotaTemp",
	/* postgrey, greasyfork-org/greasyfork issue 1117 */
	"450 4.2.0 <recipient@example.com>: Recipient address rejected: "
	"Greylisted, see http://postgrey.schweikert.ch/help/example.com.html",
	/* reacherhq/check-if-email-exists, parser.rs */
	"451 4.7.1 You dont seem to have a reverse dns entry. Come back later. You "
	"are greylisted for 20 minutes. See "
	"http://www.fsf.org/about/systems/greylisting",
	/* Mimecast's greylisting, dwlistore.dwli.org */
	"451 Internal resource is temporarily unavailable - "
	"https://community.mimecast.com/docs/DOC-1369#451 "
	"[Aj3QXapeMpqZYaeFwWhjzw.us32]",
	/* Postfix */
	"554 5.7.1 <someone@example.com>: Relay access denied",
	/* sendmail; reacherhq, parser.rs */
	"550 5.7.1 Relaying denied. IP name possibly forged [45.154.35.252]",
	/* the receiver's resolver is refused, not we: simple-login/app issue 2675 */
	"554 5.7.1 Service unavailable; Client host [40.107.107.102] blocked using "
	"zen.spamhaus.org; Error: open resolver; "
	"https://check.spamhaus.org/returnc/pub/46.38.225.230/",
	/* Postfix, reject_rhsbl_sender, reject_rhsbl_helo, reject_rhsbl_reverse_client */
	"554 5.7.1 Service unavailable; Sender address [info@example.net] blocked "
	"using dbl.spamhaus.org; https://www.spamhaus.org/query/domain/example.net",
	"554 5.7.1 Service unavailable; Helo command [mail.example.net] blocked "
	"using dbl.spamhaus.org",
	"554 5.7.1 Service unavailable; Unverified Client host [mail.example.net] "
	"blocked using rhsbl.example.org",
	/* Exchange Online, smtp.codes/exchangeonline */
	"550 5.7.1 Service unavailable, Helo domain is listed in Spamhaus. To "
	"request removal from this list see "
	"https://www.spamhaus.org/query/ip/192.0.2.66 (S8001)",
	/* iCloud, Sisimai Rhost/Apple.pm */
	"550 5.7.1 Your email was rejected due to having a domain present in the "
	"Spamhaus DBL -- see https://www.spamhaus.org/dbl/",
	/* GoDaddy, blog.mailchannels.com 2016/06 */
	"552 5.2.0 9qos1t0 - 9qos1t0 This message has been rejected due to content "
	"judged to be spam by the internet community IB212",
	/* SFR */
	"550 5.7.1 Message content rejected",
	/* Yahoo, of content and authentication */
	"554 5.7.9 Message not accepted for policy reasons.  See "
	"https://postmaster.yahooinc.com/error-codes",
	/* Mimecast, of senders: wordtothewise.com 2018/07 */
	"550 Administrative prohibition - envelope blocked - "
	"https://community.mimecast.com/docs/DOC-1369#550",
	"550 Envelope blocked - User Entry - "
	"https://community.mimecast.com/docs/DOC-1369#550",
	/* GoDaddy, SPF */
	"550 5.1.0 192.0.2.222 is not allowed to send from <example.net> per it's "
	"SPF Record. Please inspect your SPF settings, and try again. IB508",
	/* Gmail, DMARC and SPF */
	"550 5.7.26 Unauthenticated email from example.no is not accepted due to "
	"domain's DMARC policy. Please contact the administrator of example.no "
	"domain if this was a legitimate mail.",
	"550 5.7.26 The MAIL FROM domain [example.org] has an SPF record with a "
	"hard fail policy (-all) but it fails to pass SPF checks with the ip: "
	"[192.0.2.25]. To best protect our users from spam and phishing, the "
	"message has been blocked.",
	"421 4.7.26 This mail has been rate limited because it is unauthenticated. "
	"Gmail requires all senders to authenticate with either SPF or DKIM. ",
	/* an SPF page that names the address */
	"550 5.7.1 Please see "
	"http://www.openspf.org/Why?s=mfrom;id=a%40example.org;ip=192.0.2.9;r=m"
	"x.example.com SPF fail",
	/* Postfix, access(5): reacherhq, parser.rs */
	"554 5.7.1 <unknown[23.129.64.100]>: Client host rejected: Access denied",
	/* a lookup that failed */
	"450 4.7.1 Client host rejected: cannot find your hostname, [147.75.45.223]",
	/* throttling: smtp.codes, Sisimai */
	"451 4.7.500 Server busy. Please try again later from [192.0.2.77]. "
	"(AS77712344)",
	"421 4.1.0 192.0.2.1 Throttled - try again later. Please see "
	"https://postmaster.comcast.net/smtp-error-codes.php#RL000003",
	"421 4.3.2 The maximum number of concurrent connections per resource "
	"forest has exceeded a limit, closing transmission channel.",
	/* Exchange Online */
	"550 5.4.1 [someone@example.com]: Recipient address rejected: Access "
	"denied [AM0EUR02FT030.eop-EUR02.prod.protection.outlook.com]",
	"550 5.7.511 Access denied, banned sender[someone@example.net]. To request "
	"removal from this list please forward this message to "
	"delist@messaging.microsoft.com",
	"550 5.7.705 Access denied, tenant has exceeded threshold.",
	"550 5.7.703 Your message can't be delivered because messages to "
	"someone@example.com are blocked by your organization using Tenant Allow "
	"Block List.",
	/* Gmail, of the domain */
	"550 5.7.1 [192.0.2.22] Our system has detected that this message is "
	"likely suspicious due to the very low reputation of the sending domain. "
	"To best protect our users from spam, the message has been blocked.",
	/* Cisco, of the domain: KumoMTA, community/bounces.toml */
	"554 Your access to this mail system has been rejected due to poor "
	"reputation of a domain used in message transfer",
	/* content: KumoMTA, community/bounces.toml */
	"552 5.2.0 A URL in this email (example.net) is listed on multi.surbl.org. "
	"Please resolve and retry",
	"550 5.7.1 Blocked Using Spam Pattern, Your Message May Contain The Spam "
	"Contents",
	"550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]",
	/* Free; Orange, of the sender */
	"550 spam detected",
	"550 5.0.1 Invalid Sender. Your domain has been blacklisted",
	/* Yahoo */
	"554 delivery error: dd Sorry your message to someone@yahoo.com cannot be "
	"delivered. This account has been disabled or discontinued [#102].",
	/* the client's own words in a local part, a HELO name, a quotation */
	"550 5.1.1 <\"Client host [203.0.113.9] blocked using "
	"zen.spamhaus.org\"@example.com>: Recipient address rejected: User unknown",
	"550 5.1.1 <\"a> Client host [203.0.113.9] blocked using "
	"zen.spamhaus.org\"@example.com>: no mailbox here by that name",
	"550 No mailbox \"Client host [203.0.113.9] blocked using "
	"zen.spamhaus.org\" on this server",
	"550 5.1.1 blocked.using.zen.spamhaus.org@example.com: mailbox unavailable",
	"550 5.1.1 spamhaus.org/pbl/query/x@example.com: unknown here",
	"550 5.7.1 <client host [203.0.113.9] blocked using zen.spamhaus.org>: no "
	"such thing here",
	"504 5.5.2 <https://www.spamhaus.org/query/ip/203.0.113.9>: Helo command "
	"rejected: need fully-qualified hostname",
	/* what somebody else said to the server: free-email-forwarding issue 219, Exim's callout */
	"550 Error for test@example.com of \"Invalid greeting. response=550 5.7.0 "
	"Blocked - see "
	"https://support.proofpoint.com/dnsbl-lookup.cgi?ip=138.197.213.185\"",
	"550-Callback setup failed while verifying <someone@example.net> the mail "
	"server said: 550 5.7.1 Service unavailable; Client host [198.51.100.7] "
	"blocked using zen.spamhaus.org",
	/* sendmail, cf/feature/dnsbl.m4 */
	"451 4.7.1 Temporary lookup failure of 192.0.2.1 at zen.spamhaus.org",
	/* no refusal at all, and half a word */
	"250 2.0.0 Client host [203.0.113.9] blocked using zen.spamhaus.org",
	"5505 Client host [203.0.113.9] blocked using zen.spamhaus.org",
	"554 5.7.1 Client host [203.0.113.9] unblocked using zen.spamhaus.org",
	/* none of all that */
	"535 5.7.8 Error: authentication failed",
	"503 5.5.1 Error: need MAIL command",
	"554 email rejected due to security policies - MCSpamSignature.sa.2.2",
	"550 5.7.1 Mail Score (59) over MessageScoringUpperLimit (50) - send error "
	"reports to postmaster@example.net",
	"550 Rule imposed mailbox access for someone@example.co.nz refused",
	/* Exchange Online S8002, GMX, zone-mta's bounces.txt, mail.ru */
	"550 5.7.1 Service unavailable, MailFrom domain is listed in Spamhaus. To "
	"request removal from this list see https://www.spamhaus.org/query/lookup/ "
	"(S8002)",
	"450 4.3.2 Too many mails (mail bomb), try again in 1 hour(s) 25 minute(s) "
	"and see ( http://portal.gmx.net/serverrules ) {mx-us011}",
	"550 Your message was rejected by this user and was not delivered",
	"550 Message was not accepted -- invalid mailbox.  Local mailbox "
	"someone@mail.ru is unavailable: user not found",
};
