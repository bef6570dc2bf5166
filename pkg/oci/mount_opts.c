#include "pkg/oci/mount_opts.h"

#include <linux/mount.h>
#include <stdio.h>
#include <string.h>

/* Values of <sys/mount.h>, which cannot be included together with <linux/mount.h> before glibc 2.37. */
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

enum effect { SET, CLR, RSET, RCLR, PROP, RPROP, SPECIAL, FLAG, NOFLAG, NOTHING };

struct word {
	const char *name;
	enum effect effect;
	unsigned long flag; /* MS_*, or enum oci_mount_special */
	uint64_t attr;      /* MOUNT_ATTR_* */
};

#define ATIME(mode) \
	(MOUNT_ATTR__ATIME | ((uint64_t) (mode) << 32)) /* a field, not a bit: value in the upper half */

/* clang-format off */
static const struct word words[] = {
	{ "acl",            FLAG,    MS_POSIXACL,    0 },
	{ "async",          NOFLAG,  MS_SYNCHRONOUS, 0 },
	{ "atime",          CLR,     MS_NOATIME,     ATIME(MOUNT_ATTR_RELATIME) },
	{ "bind",           SPECIAL, OCI_MOUNT_BIND, 0 },
	{ "copy-symlink",   SPECIAL, OCI_MOUNT_COPY_SYMLINK, 0 },
	{ "defaults",       NOTHING, 0, 0 },
	{ "dest-nofollow",  SPECIAL, OCI_MOUNT_DEST_NOFOLLOW, 0 },
	{ "dev",            CLR,     MS_NODEV,       MOUNT_ATTR_NODEV },
	{ "diratime",       CLR,     MS_NODIRATIME,  MOUNT_ATTR_NODIRATIME },
	{ "dirsync",        FLAG,    MS_DIRSYNC,     0 },
	{ "exec",           CLR,     MS_NOEXEC,      MOUNT_ATTR_NOEXEC },
	{ "idmap",          SPECIAL, OCI_MOUNT_IDMAP, 0 },
	{ "iversion",       FLAG,    MS_I_VERSION,   0 },
	{ "lazytime",       FLAG,    MS_LAZYTIME,    0 },
	{ "loud",           NOFLAG,  MS_SILENT,      0 },
	{ "mand",           FLAG,    MS_MANDLOCK,    0 },
	{ "noacl",          NOFLAG,  MS_POSIXACL,    0 },
	{ "noatime",        SET,     MS_NOATIME,     ATIME(MOUNT_ATTR_NOATIME) },
	{ "nodev",          SET,     MS_NODEV,       MOUNT_ATTR_NODEV },
	{ "nodiratime",     SET,     MS_NODIRATIME,  MOUNT_ATTR_NODIRATIME },
	{ "noexec",         SET,     MS_NOEXEC,      MOUNT_ATTR_NOEXEC },
	{ "noiversion",     NOFLAG,  MS_I_VERSION,   0 },
	{ "nolazytime",     NOFLAG,  MS_LAZYTIME,    0 },
	{ "nomand",         NOFLAG,  MS_MANDLOCK,    0 },
	{ "norelatime",     CLR,     MS_RELATIME,    ATIME(MOUNT_ATTR_RELATIME) }, /* without a word the kernel takes relatime */
	{ "nostrictatime",  CLR,     MS_STRICTATIME, ATIME(MOUNT_ATTR_RELATIME) },
	{ "nosuid",         SET,     MS_NOSUID,      MOUNT_ATTR_NOSUID },
	{ "nosymfollow",    SET,     MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW },
	{ "private",        PROP,    MS_PRIVATE,     0 },
	{ "ratime",         RCLR,    0,              ATIME(MOUNT_ATTR_RELATIME) },
	{ "rbind",          SPECIAL, OCI_MOUNT_RBIND, 0 },
	{ "rdev",           RCLR,    0,              MOUNT_ATTR_NODEV },
	{ "rdiratime",      RCLR,    0,              MOUNT_ATTR_NODIRATIME },
	{ "relatime",       SET,     MS_RELATIME,    ATIME(MOUNT_ATTR_RELATIME) },
	{ "remount",        SPECIAL, OCI_MOUNT_REMOUNT, 0 },
	{ "rexec",          RCLR,    0,              MOUNT_ATTR_NOEXEC },
	{ "ridmap",         SPECIAL, OCI_MOUNT_RIDMAP, 0 },
	{ "rnoatime",       RSET,    0,              ATIME(MOUNT_ATTR_NOATIME) },
	{ "rnodev",         RSET,    0,              MOUNT_ATTR_NODEV },
	{ "rnodiratime",    RSET,    0,              MOUNT_ATTR_NODIRATIME },
	{ "rnoexec",        RSET,    0,              MOUNT_ATTR_NOEXEC },
	{ "rnorelatime",    RCLR,    0,              ATIME(MOUNT_ATTR_RELATIME) },
	{ "rnostrictatime", RCLR,    0,              ATIME(MOUNT_ATTR_RELATIME) },
	{ "rnosuid",        RSET,    0,              MOUNT_ATTR_NOSUID },
	{ "rnosymfollow",   RSET,    0,              MOUNT_ATTR_NOSYMFOLLOW },
	{ "ro",             SET,     MS_RDONLY,      MOUNT_ATTR_RDONLY },
	{ "rprivate",       RPROP,   MS_PRIVATE,     0 },
	{ "rrelatime",      RSET,    0,              ATIME(MOUNT_ATTR_RELATIME) },
	{ "rro",            RSET,    0,              MOUNT_ATTR_RDONLY },
	{ "rrw",            RCLR,    0,              MOUNT_ATTR_RDONLY },
	{ "rshared",        RPROP,   MS_SHARED,      0 },
	{ "rslave",         RPROP,   MS_SLAVE,       0 },
	{ "rstrictatime",   RSET,    0,              ATIME(MOUNT_ATTR_STRICTATIME) },
	{ "rsuid",          RCLR,    0,              MOUNT_ATTR_NOSUID },
	{ "rsymfollow",     RCLR,    0,              MOUNT_ATTR_NOSYMFOLLOW },
	{ "runbindable",    RPROP,   MS_UNBINDABLE,  0 },
	{ "rw",             CLR,     MS_RDONLY,      MOUNT_ATTR_RDONLY },
	{ "shared",         PROP,    MS_SHARED,      0 },
	{ "silent",         FLAG,    MS_SILENT,      0 },
	{ "slave",          PROP,    MS_SLAVE,       0 },
	{ "src-nofollow",   SPECIAL, OCI_MOUNT_SRC_NOFOLLOW, 0 },
	{ "strictatime",    SET,     MS_STRICTATIME, ATIME(MOUNT_ATTR_STRICTATIME) },
	{ "suid",           CLR,     MS_NOSUID,      MOUNT_ATTR_NOSUID },
	{ "symfollow",      CLR,     MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW },
	{ "sync",           FLAG,    MS_SYNCHRONOUS, 0 },
	{ "tmpcopyup",      SPECIAL, OCI_MOUNT_TMPCOPYUP, 0 },
	{ "unbindable",     PROP,    MS_UNBINDABLE,  0 },
};
/* clang-format on */

const char *oci_mount_opt_word(size_t i) { return i < LEN(words) ? words[i].name : NULL; }

static const struct word *find(const char *name)
{
	size_t lo = 0, hi = LEN(words);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = strcmp(name, words[mid].name);

		if (c == 0)
			return &words[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* Moves bits (or the atime field) into set, out of clr; the other way round when 'on' is false. */
static void attr_apply(uint64_t *set, uint64_t *clr, uint64_t attr, bool on)
{
	if ((attr & MOUNT_ATTR__ATIME) == MOUNT_ATTR__ATIME) {
		*clr |= MOUNT_ATTR__ATIME; /* the kernel wants the whole field cleared before a mode is set */
		*set = (*set & ~(uint64_t) MOUNT_ATTR__ATIME) | (attr >> 32);
		return;
	}
	*set = on ? *set | attr : *set & ~attr;
	*clr = on ? *clr & ~attr : *clr | attr;
}

static void word_apply(const struct word *w, struct oci_mount_opts *o)
{
	const unsigned long atimes = MS_NOATIME | MS_RELATIME | MS_STRICTATIME;

	switch (w->effect) {
	case SET:
		if (w->flag & atimes)
			o->flags &= ~atimes;
		o->flags |= w->flag;
		attr_apply(&o->attr_set, &o->attr_clr, w->attr, true);
		break;
	case CLR:
		o->flags &= ~w->flag;
		attr_apply(&o->attr_set, &o->attr_clr, w->attr, false);
		break;
	case RSET:
		attr_apply(&o->rec_set, &o->rec_clr, w->attr, true);
		break;
	case RCLR:
		attr_apply(&o->rec_set, &o->rec_clr, w->attr, false);
		break;
	case PROP:
	case RPROP:
		o->propagation = w->flag;
		o->propagation_rec = w->effect == RPROP;
		break;
	case SPECIAL:
		o->special |= (unsigned) w->flag;
		break;
	case FLAG:
		o->flags |= w->flag;
		break;
	case NOFLAG:
		o->flags &= ~w->flag;
		break;
	case NOTHING:
		break;
	}
}

int oci_mount_opts_parse(
	const char *const *list, size_t n, struct arena *a, struct oci_mount_opts *ret, struct err *err)
{
	struct oci_mount_opts o = { .data = "" };
	size_t len = 0, at = 0;
	char *data = NULL;

	for (size_t i = 0; i < n; i++)
		len += strlen(list[i]) + 1;
	for (size_t i = 0; i < n; i++) {
		const struct word *w = find(list[i]);

		if (w) {
			word_apply(w, &o);
			continue;
		}
		if (!list[i][0])
			continue;
		if (strncmp(list[i], "idmap=", 6) == 0 || strncmp(list[i], "ridmap=", 7) == 0) {
			o.special |= list[i][0] == 'r' ? OCI_MOUNT_RIDMAP : OCI_MOUNT_IDMAP;
			o.idmap = strchr(list[i], '=') + 1;
			continue;
		}
		if (!data && !(o.data = data = arena_alloc(a, len)))
			return err_sys(err, ENOMEM, "read mount options");
		at += (size_t) snprintf(data + at, len - at, "%s%s", at ? "," : "", list[i]);
	}
	*ret = o;
	return 0;
}
