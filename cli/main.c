/* SPDX-License-Identifier: MIT */
/*
 * keystile: the table of sub-commands, and their help.
 */
#include <keystile/keystile.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/message.h"
#include "core/process.h"

#define REQUEST_SYNOPSIS "[-s SERVICE] [-t api|cli|any] [-p PAYER]"

enum {
	REQUEST_OPTIONS = OPTION_SERVICE | OPTION_TRANSPORT | OPTION_PAYER
};

static const struct command commands[] = {
	{
		.name = "get",
		.synopsis = REQUEST_SYNOPSIS " [-f secret|json|env|header|helper] [--base-url URL] [--show]",
		.summary = "print a credential",
		.options = REQUEST_OPTIONS | OPTION_FORMAT | OPTION_BASE_URL | OPTION_SHOW,
		.operands = OPERANDS_NONE,
		.run = get_run,
	},
	{
		.name = "exec",
		.synopsis = REQUEST_SYNOPSIS " [-v|-q] [--keep NAME]... [--allow-shadow] [--print-env-changes] "
					     "[--] COMMAND [ARG...]",
		.summary = "run a program with a credential in its environment",
		.options = REQUEST_OPTIONS | OPTION_VERBOSE | OPTION_QUIET | OPTION_KEEP | OPTION_ALLOW_SHADOW |
			   OPTION_PRINT_CHANGES,
		.operands = OPERANDS_COMMAND,
		.run = exec_run,
	},
	{
		.name = "explain",
		.synopsis = REQUEST_SYNOPSIS " [--json] [-- COMMAND [ARG...]]",
		.summary = "walk the stack and say what each entry came to",
		.options = REQUEST_OPTIONS | OPTION_JSON,
		.operands = OPERANDS_DASHED,
		.run = explain_run,
	},
	{
		.name = "check",
		.synopsis = "[-v] [--json] [SERVICE|FILE]...",
		.summary = "find the faults of stacks without asking a backend",
		.options = OPTION_VERBOSE | OPTION_JSON,
		.operands = OPERANDS_ANY,
		.run = check_run,
	},
	{
		.name = "modules",
		.synopsis = "[--json] [NAME]",
		.summary = "list the modules that are installed",
		.options = OPTION_JSON,
		.operands = OPERANDS_ONE,
		.run = modules_run,
	},
	{
		.name = "classify",
		.synopsis = "[--json] < SECRET",
		.summary = "say what a secret can be",
		.options = OPTION_JSON,
		.operands = OPERANDS_NONE,
		.run = classify_run,
	},
};

enum {
	COMMAND_COUNT = sizeof(commands) / sizeof(commands[0])
};

/* The words before the sub-command, as if they were one themselves. */
static const struct command top = {
	.name = "",
	.options = OPTIONS_COMMON,
	.operands = OPERANDS_COMMAND,
};

static int print_version(void)
{
	struct output output = OUTPUT_INIT;

	output_print(&output, "keystile %s\n", ks_version());
	return output_write(&output);
}

static int print_help(void)
{
	struct output output = OUTPUT_INIT;

	output_text(&output, "keystile: the right Claude credential, and the way it may travel\n\n");
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		output_print(&output, "  keystile %-9s %s\n", commands[i].name, commands[i].summary);
	output_text(&output, "\nBefore or after the sub-command:\n");
	options_help(OPTIONS_COMMON, &output);
	output_text(&output, "\nSee 'keystile SUB-COMMAND --help' and keystile(1).\n");
	return output_write(&output);
}

static int print_command_help(const struct command *command)
{
	struct output output = OUTPUT_INIT;

	output_print(&output, "usage: keystile %s %s\n\n%s\n\n", command->name, command->synopsis, command->summary);
	options_help(command->options | OPTIONS_COMMON, &output);
	return output_write(&output);
}

static const struct command *find_command(const char *name)
{
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* No sub-command runs in a process that gained privileges. */
static int check_process(void)
{
	struct ks_problem problem = {0};

	if (ks_process_check(&problem) == 0)
		return 0;
	message_error("%s%s%s", problem.reason, problem.remedy[0] ? "; " : "", problem.remedy);
	return ks_result_exit_status(problem.result);
}

int main(int argc, char **argv)
{
	struct options options = OPTIONS_INIT;
	const struct command *command = NULL;
	int status = 0;

	status = options_parse(&options, &top, argc > 0 ? argv + 1 : argv);
	if (status)
		return status;
	if (options.version)
		return print_version();
	if (options.help)
		return print_help();
	command = find_command(options.operands[0]);
	if (!command)
		return options_refuse(
			"", "no such sub-command: it is none of get, exec, explain, check, modules, classify");
	status = options_parse(&options, command, options.operands + 1);
	if (status)
		return status;
	if (options.version)
		return print_version();
	if (options.help)
		return print_command_help(command);
	status = check_process();
	return status ? status : command->run(&options);
}
