/*
 * sql.h — the schema and every statement podctl ever runs, in one table.
 *
 * Tables are WITHOUT ROWID: each is one b-tree keyed by what is looked up, so a start touches few pages of the WAL.
 * 'name' makes names unique over pods and containers; the pod of a container outside a pod owns no name of its own.
 * Indexes are few, since every opener parses the schema and every start pays for the pages: leases, ports and image names
 * are short tables that are scanned where they are not looked up by key.  'pod_unsettled' lists rows whose making or
 * removal may have been cut short, without reading the others.
 */
#ifndef PODCTL_STORE_SQL_H
#define PODCTL_STORE_SQL_H

#define SCHEMA_VERSION 3
#define APPLICATION_ID "1885566060" /* "pctl" */

/* clang-format off */
/* schema_steps[v] leads from version v to v + 1; a later version appends, it never edits. */
#define SCHEMA_STEP_0 \
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;" \
	"CREATE TABLE name(name TEXT PRIMARY KEY, kind INT NOT NULL, id TEXT NOT NULL) WITHOUT ROWID;" \
	"CREATE TABLE pod(id TEXT PRIMARY KEY, name TEXT NOT NULL, state INT NOT NULL, solo INT NOT NULL," \
	" autoremove INT NOT NULL, created INT NOT NULL, kube_file TEXT, res TEXT, status TEXT, spec TEXT, kube TEXT)" \
	" WITHOUT ROWID;" \
	"CREATE INDEX pod_unsettled ON pod(state) WHERE state IN (0, 4);" \
	"CREATE TABLE ctr(id TEXT PRIMARY KEY, pod TEXT NOT NULL, name TEXT NOT NULL, idx INT NOT NULL, image TEXT," \
	" image_name TEXT, created INT NOT NULL, spec TEXT) WITHOUT ROWID;" \
	"CREATE INDEX ctr_pod ON ctr(pod, idx);" \
	"CREATE TABLE lease(network TEXT, ip INT, pod TEXT NOT NULL, PRIMARY KEY(network, ip)) WITHOUT ROWID;" \
	"CREATE TABLE port(proto TEXT, port INT, host_ip TEXT, pod TEXT NOT NULL, PRIMARY KEY(proto, port, host_ip))" \
	" WITHOUT ROWID;" \
	"CREATE TABLE image(id TEXT PRIMARY KEY, digest TEXT NOT NULL, created INT NOT NULL, size INT NOT NULL," \
	" config TEXT NOT NULL, manifest TEXT NOT NULL) WITHOUT ROWID;" \
	"CREATE TABLE image_name(name TEXT PRIMARY KEY, image TEXT NOT NULL) WITHOUT ROWID;" \
	"CREATE TABLE image_layer(image TEXT, idx INT, layer TEXT NOT NULL, PRIMARY KEY(image, idx)) WITHOUT ROWID;" \
	"CREATE TABLE object(kind TEXT, name TEXT, doc TEXT NOT NULL, file TEXT, PRIMARY KEY(kind, name)) WITHOUT ROWID;"

/* fresh: nothing has mounted it yet, so the first that does fills it; anonymous: it goes with the container it was made for. */
#define SCHEMA_STEP_1 \
	"CREATE TABLE volume(name TEXT PRIMARY KEY, created INT NOT NULL, anonymous INT NOT NULL, fresh INT NOT NULL," \
	" labels TEXT) WITHOUT ROWID;"

/* When each object was first stored and last changed: what secrets are asked for. */
#define SCHEMA_STEP_2 \
	"ALTER TABLE object ADD COLUMN created INT NOT NULL DEFAULT 0;" \
	"ALTER TABLE object ADD COLUMN updated INT NOT NULL DEFAULT 0;"

#define POD_COLUMNS "id, name, state, solo, autoremove, created, spec, res, status, kube, kube_file"
#define CTR_COLUMNS "id, pod, name, idx, image, image_name, created, spec"
#define IMAGE_COLUMNS "id, digest, created, size, config, manifest"
#define VOLUME_COLUMNS "name, created, anonymous, fresh, labels"
/* Containers whose own mounts, or whose pod's volumes, name the volume ?1. */
#define VOLUME_USERS \
	"SELECT c.name, c.id, c.idx FROM ctr c JOIN pod p ON p.id = c.pod, json_each(c.spec, '$.mounts') m" \
	" WHERE m.value ->> '$.type' = 'named' AND m.value ->> '$.source' = ?1 AND p." NOT_REMOVING \
	" UNION SELECT c.name, c.id, c.idx FROM pod p JOIN ctr c ON c.pod = p.id, json_each(p.spec, '$.volumes') v" \
	" WHERE v.value ->> '$.type' = 'named' AND v.value ->> '$.path' = ?1 AND c.idx >= 0 AND p." NOT_REMOVING
#define OBJECT_COLUMNS "kind, name, doc, file, created, updated"
#define NOT_REMOVING "state <> 4"
#define ID_TEXT 65

#define QUERIES(X) \
	X(Q_BEGIN, "BEGIN IMMEDIATE") \
	X(Q_COMMIT, "COMMIT") \
	X(Q_ROLLBACK, "ROLLBACK") \
	X(Q_SAVE, "SAVEPOINT call") \
	X(Q_SAVE_RELEASE, "RELEASE call") \
	X(Q_SAVE_ROLLBACK, "ROLLBACK TO call") \
	X(Q_META_GET, "SELECT value FROM meta WHERE key = ?1") \
	X(Q_META_SET, "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)") \
	\
	X(Q_NAME_ADD, "INSERT INTO name(name, kind, id) VALUES(?1, ?2, ?3)") \
	X(Q_NAME_GET, "SELECT kind, id FROM name WHERE name = ?1") \
	/* Only while it is still ours: after a release somebody else may have taken the name. */ \
	X(Q_NAME_DEL_OF_POD, "DELETE FROM name WHERE name IN" \
		" (SELECT name FROM ctr WHERE pod = ?1 UNION ALL SELECT name FROM pod WHERE id = ?1)" \
		" AND id IN (SELECT id FROM ctr WHERE pod = ?1 UNION ALL SELECT ?1)") \
	X(Q_NAME_DEL_OF_CTR, "DELETE FROM name WHERE name = (SELECT name FROM ctr WHERE id = ?1) AND id = ?1") \
	\
	X(Q_POD_ADD, "INSERT INTO pod(" POD_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)") \
	X(Q_POD_SET_STATE, "UPDATE pod SET state = ?2 WHERE id = ?1") \
	X(Q_POD_SET_RES, "UPDATE pod SET res = ?2 WHERE id = ?1") \
	X(Q_POD_SET_STATUS, "UPDATE pod SET state = iif(" NOT_REMOVING ", ?2, state), status = ?3 WHERE id = ?1") \
	X(Q_POD_SET_SPEC, "UPDATE pod SET spec = ?2 WHERE id = ?1") \
	X(Q_POD_SET_KUBE, "UPDATE pod SET kube = ?2 WHERE id = ?1") \
	X(Q_POD_DEL, "DELETE FROM pod WHERE id = ?1") \
	X(Q_POD_GET, "SELECT " POD_COLUMNS " FROM pod WHERE id = ?1") \
	X(Q_POD_NAME, "SELECT name, solo FROM pod WHERE id = ?1") \
	X(Q_POD_STATE, "SELECT state FROM pod WHERE id = ?1") \
	X(Q_PODS, "SELECT " POD_COLUMNS " FROM pod ORDER BY created, id") \
	X(Q_PODS_UNSETTLED, "SELECT id FROM pod WHERE state IN (0, 4)") \
	X(Q_PODS_LOST, "UPDATE pod SET state = 3 WHERE state = 2") \
	X(Q_PORTS_LOST, "DELETE FROM port") \
	X(Q_LEASES_LOST, "DELETE FROM lease WHERE network <> '" LEASE_IDS "'") \
	X(Q_CTR_ADD, "INSERT INTO ctr(" CTR_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)") \
	X(Q_CTR_SET_SPEC, "UPDATE ctr SET spec = ?2 WHERE id = ?1") \
	X(Q_CTR_RENAME, "UPDATE ctr SET name = ?2, spec = ?3 WHERE id = ?1") \
	X(Q_POD_RENAME, "UPDATE pod SET name = ?2, spec = ?3 WHERE id = ?1") \
	X(Q_CTR_DEL, "DELETE FROM ctr WHERE id = ?1") \
	X(Q_CTR_DEL_OF_POD, "DELETE FROM ctr WHERE pod = ?1") \
	X(Q_CTRS, "SELECT " CTR_COLUMNS " FROM ctr ORDER BY created, pod, idx, id") \
	X(Q_CTRS_OF_POD, "SELECT " CTR_COLUMNS " FROM ctr WHERE pod = ?1 ORDER BY idx, id") \
	X(Q_FIND_POD, "SELECT id FROM pod WHERE id >= ?1 AND id < ?2 AND " NOT_REMOVING " AND solo = 0 LIMIT 2") \
	X(Q_FIND_CTR, "SELECT c.id, c.pod FROM ctr c JOIN pod p ON p.id = c.pod" \
		" WHERE c.id >= ?1 AND c.id < ?2 AND p." NOT_REMOVING " LIMIT 2") \
	\
	X(Q_LEASE_OF_POD, "SELECT ip FROM lease WHERE pod = ?1 AND network = ?2") \
	X(Q_LEASES_FROM, "SELECT ip FROM lease WHERE network = ?1 AND ip >= ?2 ORDER BY ip") \
	X(Q_LEASE_HOLDER, "SELECT l.pod, p.name FROM lease l LEFT JOIN pod p ON p.id = l.pod" \
		" WHERE l.network = ?1 AND l.ip = ?2") \
	X(Q_LEASE_LIST, "SELECT pod, ip FROM lease WHERE network = ?1") \
	X(Q_LEASE_ADD, "INSERT INTO lease(network, ip, pod) VALUES(?1, ?2, ?3)") \
	X(Q_LEASE_DEL, "DELETE FROM lease WHERE pod = ?1 AND network <> '" LEASE_IDS "'") \
	X(Q_LEASE_DEL_ALL, "DELETE FROM lease WHERE pod = ?1") \
	X(Q_PORT_HOLDERS, "SELECT t.host_ip, t.pod, p.name, p.solo FROM port t LEFT JOIN pod p ON p.id = t.pod" \
		" WHERE t.proto = ?1 AND t.port = ?2") \
	X(Q_PORT_ADD, "INSERT INTO port(proto, port, host_ip, pod) VALUES(?1, ?2, ?3, ?4)") \
	X(Q_PORT_DEL, "DELETE FROM port WHERE pod = ?1") \
	\
	X(Q_IMAGE_ADD, "INSERT INTO image(" IMAGE_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6)" \
		" ON CONFLICT(id) DO UPDATE SET" \
		" digest = CASE WHEN ?2 = '' THEN digest ELSE ?2 END, manifest = CASE WHEN ?6 = '' THEN manifest ELSE ?6 END") \
	X(Q_IMAGE_GET, "SELECT " IMAGE_COLUMNS " FROM image WHERE id = ?1") \
	X(Q_IMAGES, "SELECT " IMAGE_COLUMNS " FROM image ORDER BY created DESC, id") \
	X(Q_IMAGE_HEADS, "SELECT id, digest, created, size, '', '' FROM image ORDER BY created DESC, id") \
	X(Q_IMAGE_MANIFEST_SET, "UPDATE image SET manifest = ?2, digest = ?3, size = ?4 WHERE id = ?1") \
	X(Q_IMAGE_EXISTS, "SELECT 1 FROM image WHERE id = ?1") \
	X(Q_IMAGE_DEL, "DELETE FROM image WHERE id = ?1") \
	X(Q_IMAGE_FIND, "SELECT id FROM image WHERE id >= ?1 AND id < ?2 LIMIT 2") \
	X(Q_IMAGE_NAME_GET, "SELECT image FROM image_name WHERE name = ?1") \
	X(Q_IMAGE_NAME_SET, "INSERT OR REPLACE INTO image_name(name, image) VALUES(?1, ?2)") \
	X(Q_IMAGE_NAME_DEL, "DELETE FROM image_name WHERE name = ?1") \
	X(Q_IMAGE_NAMES, "SELECT name FROM image_name WHERE image = ?1 ORDER BY name") \
	X(Q_IMAGE_NAMES_ALL, "SELECT image, name FROM image_name ORDER BY image, name") \
	X(Q_IMAGE_LAYERS_ALL, "SELECT image, layer FROM image_layer ORDER BY image, idx") \
	X(Q_IMAGE_USES, "SELECT c.image, count(*) FROM ctr c JOIN pod p ON p.id = c.pod WHERE c.image IS NOT NULL AND p." \
		NOT_REMOVING " GROUP BY c.image") \
	X(Q_IMAGE_NAMES_DEL, "DELETE FROM image_name WHERE image = ?1") \
	X(Q_IMAGE_LAYER_ADD, "INSERT OR IGNORE INTO image_layer(image, idx, layer) VALUES(?1, ?2, ?3)") \
	X(Q_IMAGE_LAYERS, "SELECT layer FROM image_layer WHERE image = ?1 ORDER BY idx") \
	X(Q_IMAGE_LAYERS_DEL, "DELETE FROM image_layer WHERE image = ?1") \
	X(Q_IMAGE_LAYERS_ALONE, "SELECT DISTINCT layer FROM image_layer a WHERE image = ?1 AND NOT EXISTS" \
		" (SELECT 1 FROM image_layer b WHERE b.layer = a.layer AND b.image <> ?1) ORDER BY idx DESC") \
	X(Q_LAYER_USED, "SELECT 1 FROM image_layer WHERE layer = ?1 LIMIT 1") \
	X(Q_IMAGE_USERS, "SELECT c.name FROM ctr c JOIN pod p ON p.id = c.pod WHERE c.image = ?1 AND p." NOT_REMOVING \
		" ORDER BY c.name") \
	\
	X(Q_VOLUME_ADD, "INSERT INTO volume(" VOLUME_COLUMNS ") VALUES(?1, ?2, ?3, 1, ?4) ON CONFLICT(name) DO NOTHING") \
	X(Q_VOLUME_GET, "SELECT " VOLUME_COLUMNS " FROM volume WHERE name = ?1") \
	X(Q_VOLUMES, "SELECT " VOLUME_COLUMNS " FROM volume ORDER BY name") \
	X(Q_VOLUME_USED, "UPDATE volume SET fresh = 0 WHERE name = ?1") \
	X(Q_VOLUME_USERS, VOLUME_USERS) \
	X(Q_MENTIONED, "SELECT 1 FROM ctr WHERE id <> ?1 AND instr(spec, ?1) UNION ALL" \
		" SELECT 1 FROM pod WHERE id <> ?1 AND instr(spec, ?1) LIMIT 1") \
	X(Q_VOLUME_DEL, "DELETE FROM volume WHERE name = ?1") \
	\
	X(Q_OBJECT_PUT, "INSERT INTO object(" OBJECT_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6)" \
		" ON CONFLICT(kind, name) DO UPDATE SET doc = ?3, file = ?4, updated = ?6") \
	X(Q_OBJECT_GET, "SELECT " OBJECT_COLUMNS " FROM object WHERE kind = ?1 AND name = ?2") \
	X(Q_OBJECTS, "SELECT " OBJECT_COLUMNS " FROM object WHERE (?1 IS NULL AND kind NOT GLOB 'podctl.*') OR kind = ?1 ORDER BY kind, name") \
	X(Q_OBJECT_DEL, "DELETE FROM object WHERE kind = ?1 AND name = ?2")

#define X(id, text) id,
enum query { QUERIES(X) Q_COUNT };
#undef X
/* clang-format on */

#endif
