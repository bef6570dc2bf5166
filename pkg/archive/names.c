#include "pkg/archive/names.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "pkg/util/text.h"

int entry_name_clean(const char *name, char out[ENTRY_NAME_MAX])
{
	size_t len = 0, depth = 0;

	if (!name)
		return -EINVAL;
	out[0] = '\0';
	while (*name) {
		size_t n = strcspn(name, "/");

		if (n == 0 || (n == 1 && name[0] == '.')) {
			/* "//" and "." say nothing */
		} else if (n == 2 && name[0] == '.' && name[1] == '.') {
			char *up = memrchr(out, '/', len);

			if (!len)
				return -EXDEV;
			len = up ? (size_t) (up - out) : 0;
			out[len] = '\0';
			depth--;
		} else {
			if (n > ENTRY_COMPONENT_MAX || len + 1 + n >= ENTRY_NAME_MAX)
				return -ENAMETOOLONG;
			if (++depth > ENTRY_DEPTH_MAX)
				return -ELOOP;
			if (len)
				out[len++] = '/';
			memcpy(out + len, name, n);
			len += n;
			out[len] = '\0';
		}
		name += n + (name[n] == '/');
	}
	return 0;
}

void entry_name_split(const char *clean, char dir[ENTRY_NAME_MAX], const char **ret_base)
{
	const char *slash = strrchr(clean, '/');
	size_t n = slash ? (size_t) (slash - clean) : 0;

	memcpy(dir, clean, n);
	dir[n] = '\0';
	*ret_base = slash ? slash + 1 : clean;
}

static bool is_prefix(const char *prefix, const char *s) { return strncmp(s, prefix, strlen(prefix)) == 0; }

enum whiteout whiteout_kind(const char *clean, const char **ret_target)
{
	const char *base = strrchr(clean, '/');

	for (const char *p = clean; (p = strstr(p, ".wh.")); p++) {
		if ((p != clean && p[-1] != '/') || !strchr(p, '/'))
			continue;
		return is_prefix(".wh..wh.", p) ? WHITEOUT_IGNORED : WHITEOUT_BAD;
	}
	base = base ? base + 1 : clean;
	if (!is_prefix(".wh.", base))
		return WHITEOUT_NONE;
	if (strcmp(base, ".wh..wh..opq") == 0)
		return WHITEOUT_OPAQUE;
	if (is_prefix(".wh..wh.", base))
		return WHITEOUT_IGNORED;
	base += strlen(".wh.");
	if (!*base || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
		return WHITEOUT_BAD;
	*ret_target = base;
	return WHITEOUT_FILE;
}

/* Length of the UTF-8 sequence at p, 0 when it is none. */
static size_t utf8_len(const unsigned char *p)
{
	size_t n = p[0] < 0x80                   ? 1
		   : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
		   : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
		   : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
						 : 0;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
		(p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

void entry_name_show(struct buf *b, const char *name)
{
	const unsigned char *p = (const unsigned char *) (name ? name : "");

	for (size_t shown = 0; *p; shown++) {
		size_t n = utf8_len(p);

		if (shown >= 120) {
			(void) buf_puts(b, "...");
			return;
		}
		if (!n) {
			(void) buf_printf(b, "\\x%02x", *p++);
			continue;
		}
		if (n == 1) {
			char c[2] = { (char) *p, '\0' };

			text_escape(b, c);
		} else {
			(void) buf_add(b, p, n);
		}
		p += n;
	}
}
