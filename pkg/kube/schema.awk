# schema.awk - turns schema.tbl into schema.c (the head of schema.tbl tells how the table is written).
function pool(s) { # offset of a string in the pool
	if (!(s in at)) {
		at[s] = used
		text[++npool] = s
		used += length(s) + 1
	}
	return at[s]
}
function put(s, width) { # packs pieces into lines
	if (length(line) + length(s) > width) {
		print line
		line = "\t"
	}
	line = line s
}
function flush() { if (line != "\t") print line; line = "\t" }
BEGIN {
	FS = "\t"; line = "\t"; used = 0
	pool("")
	kinds = split("string bool int32 int64 number quantity intstr bytes any", names, " ")
	for (i = 1; i <= kinds; i++)
		scalar[names[i]] = i - 1
	n = split("- done quiet note no", names, " ")
	for (i = 1; i <= n; i++)
		status[names[i]] = i - 1
	n = split("natural positive seconds weight share label subdomain qualified key labels annotations", names, " ")
	for (i = 1; i <= n; i++)
		rules[names[i]] = i
}
/^#/ || /^$/ { next }
/^type / { type[++ntypes] = substr($0, 6); index_of[type[ntypes]] = ntypes - 1; first[ntypes] = nrows + 0; next }
{
	if (!($3 in status)) { print FILENAME ":" FNR ": unknown status " $3 >"/dev/stderr"; exit 1 }
	name[++nrows] = pool($1); kind[nrows] = $2; stat[nrows] = status[$3]; why[nrows] = pool($4)
}
END {
	print "/* Made from pkg/kube/schema.tbl by schema.awk. */"
	print "#include \"pkg/kube/schema.h\"\n"
	print "/* clang-format off */"
	print "/* name, reason, type or values, kind, shape, status, required, rule */"
	print "const struct schema_field schema_fields[] = {"
	for (i = 1; i <= nrows; i++) {
		spec = kind[i]; shape = 0; req = 0; ref = 0
		if (spec ~ /^\[/) { shape = 1; spec = substr(spec, 2) }
		else if (spec ~ /^\{/) { shape = 2; spec = substr(spec, 2) }
		if (spec ~ /!$/) { req = 1; spec = substr(spec, 1, length(spec) - 1) }
		rule = 0
		if ((colon = index(spec, ":"))) {
			word = substr(spec, colon + 1); spec = substr(spec, 1, colon - 1)
			if (!(word in rules)) { print "unknown rule " word >"/dev/stderr"; exit 1 }
			rule = rules[word]
		}
		if (spec ~ /\|/) { k = 0; ref = pool(spec) }
		else if (spec in scalar) k = scalar[spec]
		else if (spec in index_of) { k = kinds; ref = index_of[spec] }
		else { print "unknown type " spec >"/dev/stderr"; exit 1 }
		put("{" name[i] "," why[i] "," ref "," k "," shape "," stat[i] "," req "," rule "}, ", 108)
	}
	flush()
	print "};"
	print "/* name, first field, number of fields */"
	print "const struct schema_type schema_types[] = {"
	first[ntypes + 1] = nrows
	for (i = 1; i <= ntypes; i++)
		put("{" pool(type[i]) "," first[i] "," first[i + 1] - first[i] "}, ", 108)
	flush()
	print "};"
	print "const unsigned schema_types_n = " ntypes ";"
	print "#pragma GCC diagnostic ignored \"-Woverlength-strings\""
	print "const char schema_pool[] ="
	for (i = 1; i <= npool; i++)
		put("\"" text[i] "\\0\" ", 108)
	flush()
	print ";"
}
