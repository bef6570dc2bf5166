#include "pkg/kube/quantity.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "pkg/util/cleanup.h"

__extension__ typedef __int128 int128;

/* A value as integer * 10^ten * 2^two. */
struct number {
	int128 digits;
	int ten, two;
	bool lost; /* digits past what fits were dropped and were not all zero */
};

static const struct {
	char suffix[3];
	int ten, two;
} suffixes[] = {
	{ "", 0, 0 },
	{ "n", -9, 0 },
	{ "u", -6, 0 },
	{ "m", -3, 0 },
	{ "k", 3, 0 },
	{ "M", 6, 0 },
	{ "G", 9, 0 },
	{ "T", 12, 0 },
	{ "P", 15, 0 },
	{ "E", 18, 0 },
	{ "Ki", 0, 10 },
	{ "Mi", 0, 20 },
	{ "Gi", 0, 30 },
	{ "Ti", 0, 40 },
	{ "Pi", 0, 50 },
	{ "Ei", 0, 60 },
};

static bool suffix_of(const char *s, struct number *n)
{
	for (size_t i = 0; i < LEN(suffixes); i++)
		if (strcmp(s, suffixes[i].suffix) == 0) {
			n->ten += suffixes[i].ten;
			n->two = suffixes[i].two;
			return true;
		}
	if (*s == 'e' || *s == 'E') {
		bool minus = s[1] == '-';
		int e = 0;

		s += 1 + (s[1] == '-' || s[1] == '+');
		if (!*s)
			return false;
		for (; *s >= '0' && *s <= '9'; s++)
			if (e < 1000)
				e = e * 10 + (*s - '0');
		n->ten += minus ? -e : e;
		return !*s;
	}
	return false;
}

static bool scan(const char *s, struct number *n)
{
	bool minus = *s == '-', any = false, point = false;

	*n = (struct number){ 0 };
	s += *s == '-' || *s == '+';
	for (;; s++) {
		if (*s == '.' && !point) {
			point = true;
			continue;
		}
		if (*s < '0' || *s > '9')
			break;
		any = true;
		if (n->digits <
			(int128) 1000000000000000000LL * 1000000) { /* 24 digits are more than any use */
			n->digits = n->digits * 10 + (*s - '0');
			n->ten -= point;
		} else {
			n->lost |= *s != '0';
			n->ten += !point;
		}
	}
	if (minus)
		n->digits = -n->digits;
	return any && suffix_of(s, n);
}

bool quantity_is_valid(const char *text)
{
	struct number n;

	return scan(text, &n);
}

/* n * scale in whole numbers, rounded away from zero. */
static int whole(struct number n, int64_t scale, int128 *ret)
{
	int128 v = n.digits;
	bool minus = v < 0, rest = n.lost;

	if (minus)
		v = -v;
	if (!v) {
		*ret = 0;
		return 0;
	}
	if (__builtin_mul_overflow(v, (int128) scale, &v))
		return -ERANGE;
	for (; n.two > 0; n.two--)
		if (__builtin_mul_overflow(v, (int128) 2, &v))
			return -ERANGE;
	for (; n.ten > 0; n.ten--)
		if (__builtin_mul_overflow(v, (int128) 10, &v))
			return -ERANGE;
	for (; n.ten < 0 && v; n.ten++) {
		rest |= v % 10 != 0;
		v /= 10;
	}
	v += rest;
	*ret = minus ? -v : v;
	return 0;
}

int quantity_parse(const char *text, int64_t scale, int64_t *ret)
{
	struct number n;
	int128 v;

	if (!scan(text, &n))
		return -EINVAL;
	if (whole(n, scale, &v) < 0 || v > INT64_MAX || v < INT64_MIN)
		return -ERANGE;
	*ret = (int64_t) v;
	return 0;
}

int quantity_divide(const char *text, const char *divisor, int64_t *ret)
{
	struct number a, b;
	int128 x, y, v;

	if (!scan(text, &a) || !scan(divisor, &b))
		return -EINVAL;
	if (whole(a, 1000, &x) < 0 || whole(b, 1000, &y) < 0)
		return -ERANGE;
	if (y <= 0 || x < 0)
		return -EINVAL;
	v = x / y + (x % y != 0);
	if (v > INT64_MAX)
		return -ERANGE;
	*ret = (int64_t) v;
	return 0;
}
