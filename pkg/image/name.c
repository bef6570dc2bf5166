/* Image names: [HOST[:PORT]/]PATH[:TAG][@DIGEST] (INTERFACES a.1). */
#include "pkg/image/name.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "pkg/image/image.h"
#include "pkg/util/text.h"

#define REPOSITORY_MAX 255
#define TAG_MAX 128

static bool is_lower_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
static bool is_word(char c) { return is_lower_digit(c) || (c >= 'A' && c <= 'Z') || c == '_'; }

/* [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)* up to n bytes */
static bool component_ok(const char *s, size_t n)
{
	size_t i = 0;

	for (;;) {
		size_t start = i;

		while (i < n && is_lower_digit(s[i]))
			i++;
		if (i == start)
			return false;
		if (i == n)
			return true;
		if (s[i] == '.')
			i++;
		else if (s[i] == '_')
			i += i + 1 < n && s[i + 1] == '_' ? 2 : 1;
		else if (s[i] == '-')
			i += strspn(s + i, "-");
		else
			return false;
	}
}

static bool path_ok(const char *s)
{
	for (;;) {
		size_t n = strcspn(s, "/");

		if (!component_ok(s, n))
			return false;
		if (!s[n])
			return true;
		s += n + 1;
	}
}

/* A DNS name, IPv4 or [IPv6] address, with an optional port. */
static bool host_ok(const char *s)
{
	size_t n;

	if (*s == '[') {
		n = strspn(s + 1, "0123456789abcdefABCDEF:.");
		if (!n || s[1 + n] != ']')
			return false;
		s += n + 2;
	} else {
		for (n = 0; is_word(s[n]) || s[n] == '.' || s[n] == '-'; n++)
			;
		if (!n || s[0] == '.' || s[0] == '-' || s[n - 1] == '.' || s[n - 1] == '-')
			return false;
		s += n;
	}
	return !*s || (*s == ':' && s[1] && parse_u64(s + 1, 1, 65535, &(uint64_t){ 0 }) == 0);
}

static bool tag_ok(const char *s)
{
	size_t n = 0;

	if (!is_word(*s))
		return false;
	while (is_word(s[n]) || s[n] == '.' || s[n] == '-')
		n++;
	return !s[n] && n <= TAG_MAX;
}

static bool digest_ok(const char *s)
{
	size_t want = strncmp(s, "sha256:", 7) == 0 ? 64 : strncmp(s, "sha512:", 7) == 0 ? 128 : 0;

	return want && strlen(s + 7) == want && strspn(s + 7, "0123456789abcdef") == want;
}

/* Text before the first '/' is a host only when it cannot be a repository's component, or is localhost. */
static bool is_host(const char *s, size_t n)
{
	if (n == 9 && strncmp(s, "localhost", 9) == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		if (s[i] == '.' || s[i] == ':' || (s[i] >= 'A' && s[i] <= 'Z'))
			return true;
	return false;
}

static int bad(const char *ref, const char *why, struct err *err)
{
	return err_set(err, ERR_INVALID, "'%s' is not an image name: %s", ref, why);
}

int image_name_parse(const char *ref, struct arena *a, struct image_name *ret, struct err *err)
{
	struct image_name n = { 0 };
	char *text, *at, *colon, *slash;

	if (strlen(ref) > REPOSITORY_MAX + TAG_MAX + 140)
		return err_set(err, ERR_INVALID, "an image name of %zu bytes is too long", strlen(ref));
	if (!(text = arena_strdup(a, ref)))
		return err_sys(err, ENOMEM, "image name");
	if ((at = strchr(text, '@'))) {
		*at = '\0';
		n.digest = at + 1;
		if (!digest_ok(n.digest))
			return bad(ref, "its digest must be sha256: and 64 hex digits", err);
	}
	slash = strchr(text, '/');
	if (slash && is_host(text, (size_t) (slash - text))) {
		*slash = '\0';
		n.host = text;
		text = slash + 1;
		if (!host_ok(n.host))
			return bad(ref, "its registry is not a host name", err);
	}
	if ((colon = strrchr(text, ':')) && !strchr(colon, '/')) {
		*colon = '\0';
		n.tag = colon + 1;
		if (!tag_ok(n.tag))
			return bad(ref, "its tag must be letters, digits, '_', '.', '-', at most 128", err);
	}
	n.path = text;
	if (!*text)
		return bad(ref, "the repository is empty", err);
	if (!path_ok(n.path))
		return bad(ref,
			"a repository is lower-case letters and digits, joined by '.', '_', '-' or '/'", err);
	if (!n.host && id_is_valid(n.path))
		return bad(ref, "64 hex digits are an image id", err);
	*ret = n;
	return 0;
}

static int print(const struct image_name *n, struct arena *a, const char **ret, struct err *err)
{
	const char *tag = n->tag ? n->tag : n->digest ? NULL : "latest";
	char *text = arena_printf(a, "%s/%s%s%s%s%s", n->host, n->path, tag ? ":" : "", tag ? tag : "",
		n->digest ? "@" : "", n->digest ? n->digest : "");

	if (!text)
		return err_sys(err, ENOMEM, "image name");
	if (strlen(n->host) + 1 + strlen(n->path) > REPOSITORY_MAX)
		return err_set(err, ERR_INVALID, "image name '%.40s...' is longer than %d bytes", text,
			REPOSITORY_MAX);
	*ret = text;
	return 0;
}

int image_name_normalize(const char *ref, struct arena *a, const char **ret, struct err *err)
{
	struct image_name n;
	int rc = image_name_parse(ref, a, &n, err);

	if (rc < 0)
		return rc;
	if (!n.host || strcmp(n.host, "index.docker.io") == 0 || strcmp(n.host, "registry-1.docker.io") == 0)
		n.host = "docker.io";
	if (strcmp(n.host, "docker.io") == 0 && !strchr(n.path, '/') &&
		!(n.path = arena_printf(a, "library/%s", n.path)))
		return err_sys(err, ENOMEM, "image name");
	return print(&n, a, ret, err);
}

int image_name_local(const char *ref, struct arena *a, const char **ret, struct err *err)
{
	struct image_name n;
	int rc = image_name_parse(ref, a, &n, err);

	if (rc < 0)
		return rc;
	if (n.host)
		return image_name_normalize(ref, a, ret, err);
	n.host = "localhost";
	return print(&n, a, ret, err);
}
