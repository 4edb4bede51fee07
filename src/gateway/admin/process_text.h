/* process_text.h - what the kernel says of the gateway's process, in Prometheus' usual names. */
#pragma once

#include <stdio.h>

/* Rows that the kernel does not give are left out. */
void process_text_write(FILE *out);
