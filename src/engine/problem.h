/* problem.h - what is wrong with a flow, in one word, and what a user agent says about a system. */
#ifndef WEIR_ENGINE_PROBLEM_H
#define WEIR_ENGINE_PROBLEM_H

#include "model/record.h"

/* The first thing that is wrong with the flow that a record describes, PROBLEM_NONE if nothing.
 * Pure. now: how long an unanswered connection has been waiting is judged against it. */
enum problem problem_of(const struct record *r, nsec_t now);

/* "Windows", "macOS", "Linux", "Android", "iOS" ... out of an HTTP user agent, NULL if it does not
 * say. */
const char *agent_os(const uint8_t *agent, size_t len);

#endif
