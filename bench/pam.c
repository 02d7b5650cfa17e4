/* SPDX-License-Identifier: MIT */
/*
 * pam FOLDER SERVICE: the peer of `keystile get`: one stack of modules, asked once, by the book.
 */
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>

static int say_nothing(int count, const struct pam_message **messages, struct pam_response **responses, void *data)
{
	(void)count;
	(void)messages;
	(void)responses;
	(void)data;
	return PAM_CONV_ERR;
}

int main(int argc, char **argv)
{
	const struct pam_conv conversation = {.conv = say_nothing};
	pam_handle_t *handle = NULL;
	int r = PAM_ABORT;

	if (argc != 3)
		return EXIT_FAILURE;
	r = pam_start_confdir(argv[2], "root", &conversation, argv[1], &handle);
	if (r == PAM_SUCCESS)
		r = pam_authenticate(handle, PAM_SILENT);
	if (r != PAM_SUCCESS)
		fprintf(stderr, "pam: %s\n", pam_strerror(handle, r));
	(void)pam_end(handle, r);
	return r == PAM_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}
