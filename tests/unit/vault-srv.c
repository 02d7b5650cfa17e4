/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <stdio.h>

#include "providers/vault/srv.h"

enum {
	MESSAGE_MAX = 8 * 1024
};

/* A message of the name service, as it is made up. */
struct message {
	unsigned char bytes[MESSAGE_MAX];
	size_t length;
};

static void put16(struct message *message, unsigned value)
{
	message->bytes[message->length++] = (unsigned char)(value >> 8);
	message->bytes[message->length++] = (unsigned char)value;
}

/* A name with dots; its labels, and the empty one. */
static void put_name(struct message *message, const char *name)
{
	size_t length = 0;

	for (; *name; name += length + (name[length] == '.')) {
		length = strcspn(name, ".");
		message->bytes[message->length++] = (unsigned char)length;
		memcpy(message->bytes + message->length, name, length);
		message->length += length;
	}
	message->bytes[message->length++] = 0;
}

static void begin(struct message *message)
{
	*message = (struct message){.length = 0};
	put16(message, 1);
	put16(message, 0x8180);
	put16(message, 1); /* a question */
	put16(message, 0); /* answers */
	put16(message, 0);
	put16(message, 0);
	put_name(message, "_http._tcp.vault.example");
	put16(message, ns_t_srv);
	put16(message, ns_c_in);
}

/* An answer of any type, of which the data is that of a service. */
static void put_record(
	struct message *message, unsigned type, unsigned priority, unsigned weight, unsigned port, const char *target)
{
	size_t at = 0;

	message->bytes[7]++;
	put16(message, 0xc00c); /* the question's name */
	put16(message, type);
	put16(message, ns_c_in);
	put16(message, 0);
	put16(message, 60);
	at = message->length;
	put16(message, 0);
	put16(message, priority);
	put16(message, weight);
	put16(message, port);
	put_name(message, target);
	message->bytes[at] = (unsigned char)((message->length - at - 2) >> 8);
	message->bytes[at + 1] = (unsigned char)(message->length - at - 2);
}

static void assert_chosen(const struct message *message, double chance, const char *route)
{
	char chosen[KS_VAULT_ROUTE_MAX] = "";

	assert_int_equal(ks_vault_srv_choose(message->bytes, message->length, chance, chosen), 0);
	assert_string_equal(chosen, route);
}

static void takes_the_lowest_priority(void **state)
{
	struct message message;

	(void)state;
	begin(&message);
	put_record(&message, ns_t_srv, 20, 90, 1, "second.example");
	put_record(&message, ns_t_srv, 10, 0, 8200, "first.example");
	put_record(&message, ns_t_srv, 30, 90, 3, "third.example");
	for (int i = 0; i <= 4; i++)
		assert_chosen(&message, i / 4.0, "first.example:8200");
}

static void weighs_those_of_one_priority(void **state)
{
	struct message message;

	(void)state;
	begin(&message);
	put_record(&message, ns_t_srv, 1, 0, 1, "never.example");
	put_record(&message, ns_t_srv, 1, 10, 2, "seldom.example");
	put_record(&message, ns_t_srv, 1, 30, 3, "often.example");
	put_record(&message, ns_t_srv, 1, 0, 4, "never-either.example");
	assert_chosen(&message, 0, "seldom.example:2");
	assert_chosen(&message, 0.24, "seldom.example:2");
	assert_chosen(&message, 0.26, "often.example:3");
	assert_chosen(&message, 0.99, "often.example:3");
	assert_chosen(&message, 1, "often.example:3");
}

static void takes_the_first_without_weights(void **state)
{
	struct message message;

	(void)state;
	begin(&message);
	put_record(&message, ns_t_srv, 0, 0, 65535, "one.example");
	put_record(&message, ns_t_srv, 0, 0, 2, "two.example");
	assert_chosen(&message, 0, "one.example:65535");
	assert_chosen(&message, 1, "one.example:65535");
}

static void passes_over_what_cannot_be_used(void **state)
{
	static const char long_label[] = "012345678901234567890123456789012345678901234567890123456789012";
	struct message message;
	char name[KS_VAULT_ROUTE_MAX];

	(void)state;
	begin(&message);
	put_record(&message, ns_t_srv, 0, 1, 80, "");
	put_record(&message, ns_t_srv, 0, 1, 0, "no-port.example");
	put_record(&message, ns_t_srv, 0, 1, 80, "user@evil.example");
	put_record(&message, ns_t_srv, 0, 1, 80, "a b.example");
	put_record(&message, ns_t_srv, 0, 1, 80, "a:b.example");
	put_record(&message, ns_t_srv, 0, 1, 80, "a/b.example");
	put_record(&message, ns_t_txt, 0, 1, 80, "text.example");
	assert_int_equal(ks_vault_srv_choose(message.bytes, message.length, 0.5, name), -ENOENT);
	put_record(&message, ns_t_srv, 9, 1, 8200, "good_one.example");
	assert_chosen(&message, 0.5, "good_one.example:8200");
	begin(&message);
	(void)snprintf(name, sizeof(name), "%s.%s.%s.%.60s", long_label, long_label, long_label, long_label);
	put_record(&message, ns_t_srv, 0, 1, 65535, name);
	(void)snprintf(name, sizeof(name), "%s.%s.%s.%.60s:65535", long_label, long_label, long_label, long_label);
	assert_chosen(&message, 0.5, name);
}

static void survives_what_is_cut_short(void **state)
{
	struct message message;
	char route[KS_VAULT_ROUTE_MAX];
	int r = 0;

	(void)state;
	begin(&message);
	put_record(&message, ns_t_srv, 0, 1, 8200, "vault.example");
	for (size_t length = 0; length < message.length; length++) {
		unsigned char *cut = test_malloc(length + 1);

		memcpy(cut, message.bytes, length);
		r = ks_vault_srv_choose(cut, length, 0.5, route);
		assert_true(r == -EBADMSG || r == -ENOENT);
		test_free(cut);
	}
	assert_chosen(&message, 0.5, "vault.example:8200");
}

static void counts_no_more_records_than_there_is_room_for(void **state)
{
	struct message message;
	char route[KS_VAULT_ROUTE_MAX];

	(void)state;
	begin(&message);
	for (unsigned i = 0; i < 200; i++)
		put_record(&message, ns_t_srv, 5, 1, i + 1, "v.example");
	assert_chosen(&message, 0, "v.example:1");
	assert_int_equal(ks_vault_srv_choose(message.bytes, message.length, 1, route), 0);
	put_record(&message, ns_t_srv, 1, 1, 8200, "first.example");
	assert_chosen(&message, 1, "first.example:8200");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_lowest_priority),
		cmocka_unit_test(weighs_those_of_one_priority),
		cmocka_unit_test(takes_the_first_without_weights),
		cmocka_unit_test(passes_over_what_cannot_be_used),
		cmocka_unit_test(survives_what_is_cut_short),
		cmocka_unit_test(counts_no_more_records_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
