/*
 * absent.c — libraries that libcurl's archive asks for, and that a program which only speaks HTTP does not want to load.
 *
 * Debian's libcurl also speaks LDAP, SCP, RTMP and Kerberos, and brings thirty shared objects for them: four of the six milliseconds
 * that a program with it needs to start.  Linked from its archive it takes OpenSSL, and these in the place of the rest.  None of
 * them is reached: only http and https are allowed, no cookies are kept, Negotiate is never chosen, and host names are ASCII.
 * What a server could provoke (Transfer-Encoding: br) fails as if there were no memory.
 *
 * Looked at with the libcurl of Debian 12 alone; with any other the programs are linked to the shared library.
 */
#include <curl/curlver.h>
#include <stdlib.h>

#if LIBCURL_VERSION_MAJOR != 7 || LIBCURL_VERSION_MINOR != 88
#error "not known what this libcurl asks for"
#endif

/* NULL: there is none of it; or success, where there is nothing to begin or end. */
static void *nothing(void) { return NULL; }
static void unreachable(void) { abort(); }

/* clang-format off */
#define NOTHING(name) void *name(void) __attribute__((alias("nothing")));
#define UNREACHABLE(name) void name(void) __attribute__((alias("unreachable")));

NOTHING(libssh2_init)
NOTHING(libssh2_exit)
NOTHING(BrotliDecoderCreateInstance)
NOTHING(ZSTD_createDStream)
NOTHING(idn2_check_version)

UNREACHABLE(BrotliDecoderDecompressStream) UNREACHABLE(BrotliDecoderDestroyInstance) UNREACHABLE(BrotliDecoderGetErrorCode)
UNREACHABLE(BrotliDecoderVersion) UNREACHABLE(RTMP_Alloc) UNREACHABLE(RTMP_Close) UNREACHABLE(RTMP_Connect1)
UNREACHABLE(RTMP_ConnectStream) UNREACHABLE(RTMP_Free) UNREACHABLE(RTMP_Init) UNREACHABLE(RTMP_Read)
UNREACHABLE(RTMP_SetBufferMS) UNREACHABLE(RTMP_SetupURL) UNREACHABLE(RTMP_Write) UNREACHABLE(ZSTD_decompressStream)
UNREACHABLE(ZSTD_freeDStream) UNREACHABLE(ZSTD_isError) UNREACHABLE(ZSTD_versionNumber) UNREACHABLE(ber_bvfree)
UNREACHABLE(ber_free) UNREACHABLE(ber_memfree) UNREACHABLE(ber_memvfree) UNREACHABLE(ber_sockbuf_add_io)
UNREACHABLE(gss_delete_sec_context) UNREACHABLE(gss_display_name) UNREACHABLE(gss_display_status) UNREACHABLE(gss_import_name)
UNREACHABLE(gss_init_sec_context) UNREACHABLE(gss_inquire_context) UNREACHABLE(gss_release_buffer) UNREACHABLE(gss_release_name)
UNREACHABLE(gss_unwrap) UNREACHABLE(gss_wrap) UNREACHABLE(idn2_free) UNREACHABLE(idn2_lookup_ul) UNREACHABLE(ldap_abandon_ext)
UNREACHABLE(ldap_err2string) UNREACHABLE(ldap_free_urldesc) UNREACHABLE(ldap_get_attribute_ber) UNREACHABLE(ldap_get_dn_ber)
UNREACHABLE(ldap_get_option) UNREACHABLE(ldap_init_fd) UNREACHABLE(ldap_memfree) UNREACHABLE(ldap_msgfree)
UNREACHABLE(ldap_msgtype) UNREACHABLE(ldap_parse_result) UNREACHABLE(ldap_parse_sasl_bind_result)
UNREACHABLE(ldap_pvt_url_scheme2proto) UNREACHABLE(ldap_result) UNREACHABLE(ldap_sasl_bind) UNREACHABLE(ldap_search_ext)
UNREACHABLE(ldap_set_option) UNREACHABLE(ldap_start_tls) UNREACHABLE(ldap_unbind_ext) UNREACHABLE(ldap_url_parse)
UNREACHABLE(libssh2_agent_connect) UNREACHABLE(libssh2_agent_disconnect) UNREACHABLE(libssh2_agent_free)
UNREACHABLE(libssh2_agent_get_identity) UNREACHABLE(libssh2_agent_init) UNREACHABLE(libssh2_agent_list_identities)
UNREACHABLE(libssh2_agent_userauth) UNREACHABLE(libssh2_channel_free) UNREACHABLE(libssh2_channel_read_ex)
UNREACHABLE(libssh2_channel_send_eof) UNREACHABLE(libssh2_channel_wait_closed) UNREACHABLE(libssh2_channel_wait_eof)
UNREACHABLE(libssh2_channel_write_ex) UNREACHABLE(libssh2_hostkey_hash) UNREACHABLE(libssh2_knownhost_add)
UNREACHABLE(libssh2_knownhost_checkp) UNREACHABLE(libssh2_knownhost_del) UNREACHABLE(libssh2_knownhost_free)
UNREACHABLE(libssh2_knownhost_get) UNREACHABLE(libssh2_knownhost_init) UNREACHABLE(libssh2_knownhost_readfile)
UNREACHABLE(libssh2_knownhost_writefile) UNREACHABLE(libssh2_scp_recv2) UNREACHABLE(libssh2_scp_send64)
UNREACHABLE(libssh2_session_abstract) UNREACHABLE(libssh2_session_block_directions) UNREACHABLE(libssh2_session_callback_set)
UNREACHABLE(libssh2_session_disconnect_ex) UNREACHABLE(libssh2_session_flag) UNREACHABLE(libssh2_session_free)
UNREACHABLE(libssh2_session_handshake) UNREACHABLE(libssh2_session_hostkey) UNREACHABLE(libssh2_session_init_ex)
UNREACHABLE(libssh2_session_last_errno) UNREACHABLE(libssh2_session_last_error) UNREACHABLE(libssh2_session_method_pref)
UNREACHABLE(libssh2_session_set_blocking) UNREACHABLE(libssh2_sftp_close_handle) UNREACHABLE(libssh2_sftp_init)
UNREACHABLE(libssh2_sftp_last_error) UNREACHABLE(libssh2_sftp_mkdir_ex) UNREACHABLE(libssh2_sftp_open_ex)
UNREACHABLE(libssh2_sftp_read) UNREACHABLE(libssh2_sftp_readdir_ex) UNREACHABLE(libssh2_sftp_rename_ex)
UNREACHABLE(libssh2_sftp_rmdir_ex) UNREACHABLE(libssh2_sftp_seek64) UNREACHABLE(libssh2_sftp_shutdown)
UNREACHABLE(libssh2_sftp_stat_ex) UNREACHABLE(libssh2_sftp_statvfs) UNREACHABLE(libssh2_sftp_symlink_ex)
UNREACHABLE(libssh2_sftp_unlink_ex) UNREACHABLE(libssh2_sftp_write) UNREACHABLE(libssh2_userauth_authenticated)
UNREACHABLE(libssh2_userauth_keyboard_interactive_ex) UNREACHABLE(libssh2_userauth_list)
UNREACHABLE(libssh2_userauth_password_ex) UNREACHABLE(libssh2_userauth_publickey_fromfile_ex) UNREACHABLE(libssh2_version)
UNREACHABLE(psl_builtin) UNREACHABLE(psl_free) UNREACHABLE(psl_get_version) UNREACHABLE(psl_is_cookie_domain_acceptable)
UNREACHABLE(psl_latest)
	/* clang-format on */

	extern const void *const GSS_C_NT_HOSTBASED_SERVICE;
const void *const GSS_C_NT_HOSTBASED_SERVICE = NULL;
