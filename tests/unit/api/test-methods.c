/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every method, asked as it should be. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/handlers.h"
#include "iourd/abi.h"
#include "unit/api/service.h"

static void test_every_method_has_a_handler(void **state)
{
	size_t n = 0, rows = 0;

	for (size_t i = 0; api_interfaces[i]; i++) {
		const struct schema_method *schema = api_interfaces[i]->methods;

		for (; schema->name; schema++) {
			size_t handlers = 0;

			for (const struct method *at = api_methods; at->interface; at++)
				handlers += at->interface == api_interfaces[i] &&
					    strcmp(at->name, schema->name) == 0;
			if (handlers != 1)
				fail_msg("%s has %zu handlers", schema->name, handlers);
			n++;
		}
	}
	while (api_methods[rows].interface)
		rows++;
	assert_int_equal(rows, n);
}

static void test_service(void **state)
{
	struct service service;
	struct client client;
	const char *answer;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	say(&client, "{\"method\":\"org.varlink.service.GetInfo\"}");
	service_settle(&service);
	answer = hear(&client);
	assert_says(answer, "\"vendor\":\"");
	assert_says(answer, "\"product\":\"iouringd\"");
	assert_says(answer, "\"version\":\"");
	assert_says(answer, "\"url\":\"");
	assert_says(answer, "\"interfaces\":[\"org.iouringd.Manager\",\"org.varlink.service\"]");

	say(&client, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		     "\"parameters\":{\"interface\":\"org.iouringd.Manager\"}}");
	service_settle(&service);
	answer = hear(&client);
	assert_says(answer, "interface org.iouringd.Manager");
	assert_says(answer, "method CreateRing");

	say(&client, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		     "\"parameters\":{\"interface\":\"org.varlink.service\"}}");
	service_settle(&service);
	assert_says(hear(&client), "method GetInfo");

	say(&client, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		     "\"parameters\":{\"interface\":\"com.example.None\"}}");
	service_settle(&service);
	answer = hear(&client);
	assert_says(answer, SERVICE_ERROR("InterfaceNotFound"));
	assert_says(answer, "com.example.None");
	client_close(&client);
	service_end(&service);
}

static void test_persistent(void **state)
{
	struct service service;
	struct client client;
	const char *answer;

	service_start(&service);
	client_connect(&service, 0, &client);
	answer = ask(&client, "CreateRing", "{\"program\":\"nop\",\"persistent\":true}");
	assert_says(answer, "\"persistent\":true");
	assert_says(answer, "\"regionFileDescriptor\":0");
	assert_not_says(answer, "lease");
	assert_int_equal(client.frame.fds.n, 1);
	client_close(&client);
	client_connect(&service, ALICE, &client);
	assert_answer(&client, "CreateRing", "{\"program\":\"nop\",\"persistent\":true}",
		      "NotPermitted");
	client_close(&client);
	service_end(&service);
}

/* Two rings of the list have their own waits. */
static void test_waits(void **state)
{
	struct host_waits waits = {.place = HOST_WAIT_SUBMISSION,
				   .requests = 1,
				   .opcode = 4,
				   .slot = 0,
				   .function = "request_wait_answer"};
	struct service service;
	struct client client;
	int leases[2], regions[2];
	const char *answer;

	service_start(&service);
	client_connect(&service, 0, &client);
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "r2" : "r1";
		struct kern_dispatcher *dispatcher;

		make_ring(&client, name, &leases[i], &regions[i]);
		ask(&client, "StartRing", i ? "{\"ring\":\"r2\"}" : "{\"ring\":\"r1\"}");
		dispatcher = kern_fake_dispatcher(service.kern, name);
		service.kern->ops->dispatcher_state(dispatcher)->last_step = 1;
		waits.slot = i;
		hosts_fake_set_waits(hosts_fake_find(service.hosts, name), &waits);
	}
	answer = ask(&client, "ListRings", "{}");
	assert_says(answer, "\"waits\":[{\"place\":\"submission\",\"age\":");
	assert_says(answer, "\"requests\":1,\"operation\":\"READ_FIXED\",\"slot\":\"source\","
			    "\"function\":\"request_wait_answer\",\"text\":\"its loop has waited");
	assert_says(answer, "\"slot\":\"target\",\"function\"");
	assert_says(ask(&client, "DescribeRing", "{\"ring\":\"r2\"}"), "\"slot\":\"target\"");
	assert_not_says(ask(&client, "PauseRing", "{\"ring\":\"r2\"}"), "waits");
	for (int i = 0; i < 2; i++) {
		close(leases[i]);
		close(regions[i]);
	}
	client_close(&client);
	service_end(&service);
}

static void test_status(void **state)
{
	struct service service;
	struct client client;
	const char *answer;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	answer = ask(&client, "GetStatus", "{}");
	assert_says(answer, "\"ready\":true");
	assert_says(answer, "\"connections\":1");
	assert_says(answer, "\"rings\":0");
	assert_says(answer, "\"programs\":3");
	assert_says(answer, "\"ringsPerUser\":8");
	assert_says(answer, "\"present\":true");

	kern_fake_lack(service.kern, "struct_ops.io_uring_bpf_ops");
	answer = ask(&client, "GetStatus", "{}");
	assert_says(answer, "\"ready\":false");
	answer = ask(&client, "CreateRing", "{\"program\":\"nop\"}");
	assert_says(answer, ERROR("KernelLacks"));
	assert_says(answer, "struct_ops.io_uring_bpf_ops");
	kern_fake_lack(service.kern, NULL);
	client_close(&client);
	service_end(&service);
}

static void test_programs(void **state)
{
	struct fake_object object;
	struct service service;
	struct client root, alice;
	const char *answer;
	int fd;

	service_start(&service);
	client_connect(&service, 0, &root);
	client_connect(&service, ALICE, &alice);
	answer = ask(&alice, "ListPrograms", "{}");
	assert_says(answer, "\"name\":\"copy\"");
	assert_says(answer, "\"name\":\"nop\"");
	assert_says(answer, "\"state\":\"available\"");
	assert_says(answer, "\"shipped\":true");

	answer = ask(&alice, "DescribeProgram", "{\"program\":\"copy\"}");
	assert_says(answer, "\"slots\":[{\"name\":\"source\",\"read\":true,\"write\":false");
	assert_says(answer, "\"operations\":[");
	assert_says(answer, "READ_FIXED");
	assert_says(answer, "\"types\":[\"regular\"");
	assert_says(answer, "\"fields\":[{");
	assert_says(answer, "\"name\":\"depth\"");
	assert_says(answer, "\"dataFields\":[\"depth\",\"block_size\"]");
	assert_not_says(answer, "secret");

	fake_object_nop("mine", &object);
	fd = fake_object_memfd(&object);
	answer = ask_with_fds(&alice, "LoadProgram", "{\"objectFileDescriptor\":0}", &fd, 1);
	assert_says(answer, ERROR("NotPermitted"));
	answer = ask_with_fds(&root, "LoadProgram",
			      "{\"objectFileDescriptor\":0,\"checkOnly\":true}", &fd, 1);
	assert_says(answer, "\"name\":\"mine\"");
	assert_not_says(ask(&alice, "ListPrograms", "{}"), "\"mine\"");
	answer = ask_with_fds(&root, "LoadProgram", "{\"objectFileDescriptor\":0}", &fd, 1);
	assert_says(answer, "\"state\":\"loaded\"");
	assert_says(answer, "\"shipped\":false");
	assert_says(ask(&alice, "ListPrograms", "{}"), "\"mine\"");
	assert_answer(&alice, "UnloadProgram", "{\"program\":\"mine\"}", ERROR("NotPermitted"));
	assert_string_equal(ask(&root, "UnloadProgram", "{\"program\":\"mine\"}"),
			    "{\"parameters\":{}}");
	assert_answer(&root, "UnloadProgram", "{\"program\":\"mine\"}", ERROR("ProgramNotFound"));
	close(fd);

	strcpy(object.refuse_load, "R1 is not a pointer");
	fd = fake_object_memfd(&object);
	answer = ask_with_fds(&root, "LoadProgram", "{\"objectFileDescriptor\":0}", &fd, 1);
	assert_says(answer, ERROR("ProgramRejected"));
	assert_says(answer, "\"log\":\"R1 is not a pointer\"");
	close(fd);
	client_close(&root);
	client_close(&alice);
	service_end(&service);
}

static void test_ring_life(void **state)
{
	struct service service;
	struct client alice;
	struct iourd_head *head;
	const char *answer;
	int lease, region, opened;

	service_start(&service);
	client_connect(&service, ALICE, &alice);
	make_ring(&alice, "r1", &lease, &region);
	head = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, region, 0);
	assert_ptr_not_equal(head, MAP_FAILED);
	assert_int_equal(head->identity.magic, IOURD_REGION_MAGIC);

	assert_answer(&alice, "ListRings", "{}", "\"name\":\"r1\"");
	assert_answer(&alice, "StartRing", "{\"ring\":\"r1\"}", "\"state\":\"running\"");
	assert_answer(&alice, "PauseRing", "{\"ring\":\"r1\"}", "\"state\":\"paused\"");
	assert_answer(&alice, "ResumeRing", "{\"ring\":\"r1\"}", "\"state\":\"running\"");

	/* what the program says goes on as it is, as far as it makes sense */
	head->progress.state = IOURD_WORK_FAILED;
	head->progress.error = 28;
	head->progress.error_slot = 1;
	head->progress.error_offset = 4096;
	head->progress.done = UINT64_MAX;
	answer = ask(&alice, "DescribeRing", "{\"ring\":\"r1\"}");
	assert_says(answer, "\"state\":\"failed\",\"done\":9223372036854775807");
	assert_says(answer, "\"error\":\"ENOSPC\"");
	assert_says(answer, "\"errorSlot\":\"target\"");
	assert_says(answer, "\"errorOffset\":4096");
	memset(&head->progress, 0xff, sizeof(head->progress));
	answer = ask(&alice, "DescribeRing", "{\"ring\":\"r1\"}");
	assert_says(answer, "\"state\":\"unknown\"");
	assert_not_says(answer, "errorSlot");
	memset(&head->progress, 0, sizeof(head->progress));

	assert_answer(&alice, "WriteParameters", "{\"ring\":\"r1\",\"parameters\":{\"depth\":3}}",
		      "{\"parameters\":{}}");
	answer = ask(&alice, "ReadParameters", "{\"ring\":\"r1\",\"fields\":[\"depth\"]}");
	assert_says(answer, "\"parameters\":{\"depth\":3}");
	assert_says(answer, "\"generation\":1");

	assert_answer(&alice, "SwapProgram", "{\"ring\":\"r1\",\"program\":\"nop\"}",
		      ERROR("LayoutMismatch"));
	answer = ask(&alice, "SwapProgram",
		     "{\"ring\":\"r1\",\"program\":\"paced\",\"expectedGeneration\":7}");
	assert_says(answer, ERROR("GenerationMismatch"));
	assert_says(answer, "\"current\":1");
	assert_answer(&alice, "SwapProgram",
		      "{\"ring\":\"r1\",\"program\":\"paced\",\"expectedGeneration\":1}",
		      "\"generation\":2");
	assert_answer(&alice, "DescribeRing", "{\"ring\":\"r1\"}", "\"program\":\"paced\"");

	assert_answer(&alice, "OpenRing", "{\"ring\":\"r1\"}", "\"regionFileDescriptor\":0");
	assert_int_equal(alice.frame.fds.n, 1);
	opened = dup(alice.frame.fds.fds[0]);
	assert_true(lseek(opened, 0, SEEK_END) > 0);
	close(opened);

	assert_string_equal(ask(&alice, "DestroyRing", "{\"ring\":\"r1\"}"), "{\"parameters\":{}}");
	assert_answer(&alice, "DescribeRing", "{\"ring\":\"r1\"}", ERROR("RingNotFound"));
	munmap(head, 4096);
	close(region);
	close(lease);
	assert_nothing_left(&service, 1);
	client_close(&alice);
	service_end(&service);
}

static void test_others_rings(void **state)
{
	struct service service;
	struct client alice, bob, root;
	int lease;

	service_start(&service);
	client_connect(&service, ALICE, &alice);
	client_connect(&service, BOB, &bob);
	client_connect(&service, 0, &root);
	make_ring(&alice, "hers", &lease, NULL);
	assert_string_equal(ask(&bob, "ListRings", "{}"), "{\"parameters\":{\"rings\":[]}}");
	assert_says(ask(&root, "ListRings", "{}"), "\"name\":\"1000/hers\"");
	assert_says(ask(&root, "DescribeRing", "{\"ring\":\"1000/hers\"}"), "\"user\":1000");
	assert_says(ask(&root, "DescribeRing", "{\"ring\":\"hers\"}"), "RingNotFound");
	assert_says(ask(&bob, "DescribeRing", "{\"ring\":\"1000/hers\"}"), "RingNotFound");
	assert_says(ask(&bob, "DestroyRing", "{\"ring\":\"hers\"}"), "\"error\":");
	assert_says(ask(&bob, "OpenRing", "{\"ring\":\"hers\"}"), "\"error\":");
	assert_int_equal(bob.frame.fds.n, 0);
	assert_says(ask(&alice, "DescribeRing", "{\"ring\":\"hers\"}"), "\"user\":1000");
	close(lease);
	client_close(&alice);
	client_close(&bob);
	client_close(&root);
	service_end(&service);
}

/* Only what has ended is cleared. */
static void test_clear(void **state)
{
	struct service service;
	struct client client;
	int lease, region;

	service_start(&service);
	client_connect(&service, ALICE, &client);
	make_ring(&client, "r1", &lease, &region);
	assert_answer(&client, "ClearRing", "{\"ring\":\"r1\"}", "it has not ended");
	ask(&client, "StartRing", "{\"ring\":\"r1\"}");
	assert_answer(&client, "ClearRing", "{\"ring\":\"r1\"}", ERROR("RingBusy"));
	ask(&client, "PauseRing", "{\"ring\":\"r1\"}");
	assert_answer(&client, "ClearRing", "{\"ring\":\"r1\"}", ERROR("RingBusy"));
	ask(&client, "ResumeRing", "{\"ring\":\"r1\"}");
	service.kern->ops->dispatcher_state(kern_fake_dispatcher(service.kern, "u1000-r1"))->last =
		IOURD_STEP_PROGRAM;
	hosts_fake_returned(hosts_fake_find(service.hosts, "u1000-r1"), 0);
	service_settle(&service);
	assert_answer(&client, "DescribeRing", "{\"ring\":\"r1\"}", "\"state\":\"stopped\"");
	assert_string_equal(ask(&client, "ClearRing", "{\"ring\":\"r1\"}"), "{\"parameters\":{}}");
	assert_answer(&client, "ClearRing", "{\"ring\":\"r1\"}", ERROR("RingNotFound"));
	close(lease);
	close(region);
	client_close(&client);
	service_end(&service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_method_has_a_handler),
		cmocka_unit_test(test_service),
		cmocka_unit_test(test_persistent),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_ring_life),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_others_rings),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("api-methods", tests, NULL, NULL);
}
