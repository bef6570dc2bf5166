#include "pkg/util/text.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "pkg/util/limits.h"

int parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t) (*s - '0'), &v))
			return -ERANGE;
	}
	if (v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	bool neg = *s == '-';
	uint64_t u;
	int64_t v;
	int rc = parse_u64(s + neg, 0, (uint64_t) INT64_MAX, &u);

	if (rc < 0)
		return rc;
	v = neg ? -(int64_t) u : (int64_t) u;
	if (v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int parse_bytes(const char *s, uint64_t *ret)
{
	static const char units[] = "kmgtp";
	size_t digits = strspn(s, "0123456789");
	uint64_t v = 0;
	const char *u;

	if (!digits)
		return -EINVAL;
	for (size_t i = 0; i < digits; i++)
		if (__builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, (uint64_t) (s[i] - '0'), &v))
			return -ERANGE;
	s += digits;
	if (*s && (u = strchr(units, tolower((unsigned char) *s)))) {
		for (const char *k = units; k <= u; k++)
			if (__builtin_mul_overflow(v, 1024, &v))
				return -ERANGE;
		s++;
		if (*s == 'i' || *s == 'I')
			s++;
	}
	if (*s == 'b' || *s == 'B')
		s++;
	if (*s)
		return -EINVAL;
	*ret = v;
	return 0;
}

int duration_parse(const char *s, uint64_t *ret_us)
{
	static const struct {
		const char *word;
		double us;
	} units[] = { { "ns", 0.001 }, { "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "m", 6e7 },
		{ "h", 3.6e9 } };
	double sum = 0;

	if (strcmp(s, "0") == 0) {
		*ret_us = 0;
		return 0;
	}
	if (!*s)
		return -EINVAL;
	while (*s) {
		double v = 0, place = 1;
		size_t n, i;

		if (!isdigit((unsigned char) *s) && !(*s == '.' && isdigit((unsigned char) s[1])))
			return -EINVAL;
		for (; isdigit((unsigned char) *s); s++)
			v = v * 10 + (*s - '0');
		if (*s == '.')
			for (s++; isdigit((unsigned char) *s); s++)
				v += (*s - '0') * (place /= 10);
		n = strspn(s, "numsh");
		for (i = 0; i < LEN(units); i++)
			if (strlen(units[i].word) == n && strncmp(s, units[i].word, n) == 0)
				break;
		if (i == LEN(units))
			return -EINVAL;
		sum += v * units[i].us;
		s += n;
	}
	if (sum > 9.2e15)
		return -ERANGE;
	*ret_us = (uint64_t) (sum + 0.5);
	return 0;
}

void id_random(char id[ID_LEN + 1])
{
	unsigned char raw[ID_LEN / 2];
	size_t got = 0;

	while (got < sizeof raw) {
		ssize_t n = getrandom(raw + got, sizeof raw - got, 0);

		if (n > 0)
			got += (size_t) n;
	}
	for (size_t i = 0; i < sizeof raw; i++) {
		id[2 * i] = "0123456789abcdef"[raw[i] >> 4];
		id[2 * i + 1] = "0123456789abcdef"[raw[i] & 15];
	}
	id[ID_LEN] = '\0';
}

bool id_is_valid(const char *id) { return strlen(id) == ID_LEN && strspn(id, "0123456789abcdef") == ID_LEN; }

bool name_is_valid(const char *name)
{
	size_t n = strlen(name);

	if (!n || n > NAME_MAX_LEN || !isalnum((unsigned char) name[0]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char) name[i]) && !strchr("_.-", name[i]))
			return false;
	return true;
}

static bool label_ok(const char *s, size_t n)
{
	if (!n || n > 63)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool alnum = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9');

		if (!alnum && (s[i] != '-' || i == 0 || i == n - 1))
			return false;
	}
	return true;
}

bool dns_label_is_valid(const char *name) { return label_ok(name, strlen(name)); }

bool dns_subdomain_is_valid(const char *name)
{
	if (strlen(name) > NAME_MAX_LEN)
		return false;
	for (;;) {
		size_t n = strcspn(name, ".");

		if (!label_ok(name, n))
			return false;
		if (!name[n])
			return true;
		name += n + 1;
	}
}

/* Optimal string alignment of short words: an insertion, a deletion, a change and an exchange of neighbours count two, a
 * change of case one, so that imagepullpolicy finds imagePullPolicy first. */
static int distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	int rows[3][65], *before = rows[0], *above = rows[1], *row = rows[2];

	if (la > 64 || lb > 64)
		return 1000;
	for (size_t j = 0; j <= lb; j++)
		row[j] = (int) j * 2;
	for (size_t i = 1; i <= la; i++) {
		int *oldest = before;

		before = above;
		above = row;
		row = oldest;
		row[0] = (int) i * 2;
		for (size_t j = 1; j <= lb; j++) {
			int cost = a[i - 1] == b[j - 1] ? 0
				   : tolower((unsigned char) a[i - 1]) == tolower((unsigned char) b[j - 1])
					   ? 1
					   : 2;
			int best = above[j - 1] + cost;

			if (above[j] + 2 < best)
				best = above[j] + 2;
			if (row[j - 1] + 2 < best)
				best = row[j - 1] + 2;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				before[j - 2] + 2 < best)
				best = before[j - 2] + 2;
			row[j] = best;
		}
	}
	return row[lb];
}

/* One edit in up to three letters, two in up to five, and so on; a word that shares no letter with it is never near.  The
 * same word in other letters is the nearest. */
const char *text_nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	size_t n = strlen(word);
	int limit = n <= 3 ? 2 : (int) n / 3 * 2 + 2, least = limit + 1;

	for (; *words; words++) {
		size_t longer = strlen(*words) > n ? strlen(*words) : n;
		int d = distance(word, *words);

		if (strcasecmp(word, *words) == 0)
			return *words;
		if (d < least && d < (int) longer * 2) {
			least = d;
			best = *words;
		}
	}
	return best;
}

void text_escape(struct buf *b, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char) *s;

		if (c == '\n')
			buf_puts(b, "\\n");
		else if (c == '\t')
			buf_puts(b, "\\t");
		else if (c < 0x20 || c == 0x7f)
			buf_printf(b, "\\x%02x", c);
		else
			buf_putc(b, (char) c);
	}
}

/* clang-format off */
static const struct { const char *name; int sig; } signals[] = {
	{ "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT }, { "ILL", SIGILL }, { "TRAP", SIGTRAP },
	{ "ABRT", SIGABRT }, { "BUS", SIGBUS }, { "FPE", SIGFPE }, { "KILL", SIGKILL }, { "USR1", SIGUSR1 },
	{ "SEGV", SIGSEGV }, { "USR2", SIGUSR2 }, { "PIPE", SIGPIPE }, { "ALRM", SIGALRM }, { "TERM", SIGTERM },
	{ "STKFLT", SIGSTKFLT }, { "CHLD", SIGCHLD }, { "CONT", SIGCONT }, { "STOP", SIGSTOP }, { "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN }, { "TTOU", SIGTTOU }, { "URG", SIGURG }, { "XCPU", SIGXCPU }, { "XFSZ", SIGXFSZ },
	{ "VTALRM", SIGVTALRM }, { "PROF", SIGPROF }, { "WINCH", SIGWINCH }, { "IO", SIGIO }, { "PWR", SIGPWR },
	{ "SYS", SIGSYS }, { "IOT", SIGABRT }, { "POLL", SIGIO }, { "CLD", SIGCHLD },
};
static const char *const caps[] = {
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
	"CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
	"CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
};
/* clang-format on */
_Static_assert(sizeof caps / sizeof caps[0] == CAP_COUNT, "one name per capability");

int signal_parse(const char *s)
{
	uint64_t n;
	const char *rest;

	if (parse_u64(s, 1, 64, &n) == 0)
		return (int) n;
	if (strncasecmp(s, "SIG", 3) == 0)
		s += 3;
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		if (strcasecmp(s, signals[i].name) == 0)
			return signals[i].sig;
	/* the numbers of the C library inside the container: 34..64 as glibc and musl agree */
	if (strncasecmp(s, "RTMIN", 5) == 0) {
		rest = s + 5;
		if (!*rest)
			return 34;
		return *rest == '+' && parse_u64(rest + 1, 0, 30, &n) == 0 ? 34 + (int) n : -EINVAL;
	}
	if (strncasecmp(s, "RTMAX", 5) == 0) {
		rest = s + 5;
		if (!*rest)
			return 64;
		return *rest == '-' && parse_u64(rest + 1, 0, 30, &n) == 0 ? 64 - (int) n : -EINVAL;
	}
	return -EINVAL;
}

const char *signal_name(int sig)
{
	static char text[24];

	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		if (signals[i].sig == sig) {
			snprintf(text, sizeof text, "SIG%s", signals[i].name);
			return text;
		}
	if (sig > 34 && sig < 64)
		snprintf(text, sizeof text, "SIGRTMIN+%d", sig - 34);
	else
		snprintf(text, sizeof text, sig == 34 ? "SIGRTMIN" : sig == 64 ? "SIGRTMAX" : "SIG%d", sig);
	return text;
}

int cap_parse(const char *s)
{
	if (strncasecmp(s, "CAP_", 4) == 0)
		s += 4;
	for (int i = 0; i < CAP_COUNT; i++)
		if (strcasecmp(s, caps[i] + 4) == 0)
			return i;
	return -EINVAL;
}

const char *cap_name(int cap) { return cap >= 0 && cap < CAP_COUNT ? caps[cap] : NULL; }

char *base64_decode(const char *in, size_t *ret_n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = malloc(strlen(in) / 4 * 3 + 4);
	unsigned bits = 0;
	size_t n = 0, have = 0;

	for (; out && *in && *in != '='; in++) {
		const char *d;

		if (*in == '\n' || *in == '\r')
			continue;
		if (!(d = strchr(digits, *in))) {
			free(out);
			return NULL;
		}
		bits = bits << 6 | (unsigned) (d - digits);
		if (++have % 4 != 1) /* six bits alone are no byte yet */
			out[n++] = (char) (bits >> (have % 4 == 2 ? 4 : have % 4 == 3 ? 2 : 0));
	}
	*ret_n = n;
	return out;
}

char *base64_encode(const void *data, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = data;
	char *out = malloc((n + 2) / 3 * 4 + 1), *q = out;

	for (size_t i = 0; out && i < n; i += 3) {
		unsigned v = (unsigned) p[i] << 16 | (i + 1 < n ? (unsigned) p[i + 1] << 8 : 0) |
			     (i + 2 < n ? p[i + 2] : 0);

		*q++ = digits[v >> 18];
		*q++ = digits[v >> 12 & 63];
		*q++ = i + 1 < n ? digits[v >> 6 & 63] : '=';
		*q++ = i + 2 < n ? digits[v & 63] : '=';
	}
	if (q)
		*q = '\0';
	return out;
}
