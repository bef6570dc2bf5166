# kube-support.awk - turns the kinds of pkg/kube/documents.c and the fields of pkg/kube/schema.tbl into docs/kube-support.md.
BEGIN {
	print "# What podctl does with Kubernetes objects\n"
	print "Made from `pkg/kube/documents.c` and `pkg/kube/schema.tbl` by `make docs`.\n"
	print "- **done**: decoded and acted upon"
	print "- **refused**: an error with file, line and column, because leaving it out would change the result or weaken isolation"
	print "- **noted**: means nothing on one machine; said once per play"
	print "- **quiet**: means nothing on one machine, and nothing need be said\n"
	print "## Kinds\n\n| kind | apiVersion | podctl | why |\n|---|---|---|---|"
	word["done"] = "done"; word["no"] = "refused"; word["note"] = "noted"; word["quiet"] = "quiet"
}
FILENAME ~ /documents\.c$/ {
	if (match($0, /^\t\{ "[A-Za-z]+",.*KIND_[A-Z]+,/) == 0) next
	n = split($0, part, "\"")
	use = "done"
	if (/KIND_REFUSED/) use = "refused"
	if (/KIND_NOTE/) use = "noted"
	if (use != "done") out[part[2]] = 1
	print "| " part[2] " | " part[4] " | " use " | " (n > 5 ? part[6] : "") " |"
	next
}
/^#/ || /^$/ { next }
/^type / { type = substr($0, 6); open = 0; next }
{ split($0, f, "\t") }
(f[3] in word) && !(type in out) {
	if (!open) { print "\n## " type "\n\n| field | type | podctl | why |\n|---|---|---|---|"; open = 1 }
	kind = f[2]; gsub(/\|/, ", ", kind); sub(/!$/, " (required)", kind)
	if (kind ~ /^\[/) kind = "list of " substr(kind, 2)
	if (kind ~ /^\{/) kind = "map of " substr(kind, 2)
	why = f[4]; gsub(/\|/, "\\|", why)
	print "| `" f[1] "` | " kind " | " word[f[3]] " | " why " |"
}
