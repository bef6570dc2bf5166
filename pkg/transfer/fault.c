/* What a connection that did not come about, or broke, means to people. */
#include <string.h>

#include "pkg/transfer/session.h"

#include <openssl/x509_vfy.h>

static bool is_unknown_authority(long verdict)
{
	return verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       verdict == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
	       verdict == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
	       verdict == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN || verdict == X509_V_ERR_CERT_UNTRUSTED;
}

static int not_trusted(const struct session *s, CURL *easy, struct err *err)
{
	long verdict = 0;

	(void) curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
	if (is_unknown_authority(verdict))
		return err_set(err, ERR_REMOTE,
			"%s: its certificate is not trusted: signed by an unknown authority (%s); put that "
			"authority's certificate into /etc/containers/certs.d/%s/ca.crt, or use "
			"--tls-verify=false",
			s->host, X509_verify_cert_error_string(verdict), s->host);
	return err_set(err, ERR_REMOTE,
		"%s: its certificate is not trusted: %s; --tls-verify=false goes on without looking at it",
		s->host, verdict ? X509_verify_cert_error_string(verdict) : "it was given for another name");
}

int session_broken(const struct session *s, CURL *easy, CURLcode code, struct err *err)
{
	long number = 0;

	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return not_trusted(s, easy, err);
	if (code == CURLE_SSL_CONNECT_ERROR && !s->insecure)
		return err_set(err, ERR_REMOTE,
			"%s does not speak TLS (https): %s; a registry without it must be marked insecure in "
			"registries.conf, or use --tls-verify=false",
			s->host, curl_easy_strerror(code));
	if (code == CURLE_COULDNT_RESOLVE_HOST)
		return err_set(err, ERR_REMOTE,
			"%s: no such host: its name could not be resolved; is it spelled right, and is there "
			"a "
			"network?",
			s->host);
	if (code == CURLE_COULDNT_CONNECT &&
		curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number) == CURLE_OK && number > 0)
		return err_set(err, ERR_REMOTE, "%s: could not connect: %s", s->host, strerror((int) number));
	return err_set(err, ERR_REMOTE, "%s: %s", s->host, curl_easy_strerror(code));
}
