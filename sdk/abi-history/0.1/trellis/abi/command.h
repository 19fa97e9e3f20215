/* Commands: verbs a plugin adds to the `trellis` program, for example one that manages its file of passwords. */
#ifndef TRELLIS_ABI_COMMAND_H
#define TRELLIS_ABI_COMMAND_H

#include <trellis/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a command writes its output with. [control] */
typedef struct trellis_console {
  uint32_t struct_size;
  bool json;        /* the user asked for -o json */
  bool interactive; /* a person sits at a terminal */
  void (*out)(const struct trellis_console *console, trellis_view text);
  void (*err)(const struct trellis_console *console, trellis_view text);
  /* Reads one line from the user without echo (a password) into buffer; answers its length, SIZE_MAX at end of
   * input. Asks with prompt only where a person sits at a terminal. */
  size_t (*read_secret)(const struct trellis_console *console, trellis_view prompt, char *buffer, size_t capacity);
} trellis_console;

/* Optional for any kind of plugin. */
#define TRELLIS_COMMAND "trellis.command/1"
typedef struct trellis_command {
  uint32_t struct_size;
  trellis_view verb;    /* `trellis VERB …`; lives as long as the library */
  trellis_view summary; /* one line for `trellis --help` */
  /* Runs the command with the words after the verb; --help among them prints the manual. Answers the exit code:
   * 0 done, 1 failed, 2 wrong usage. Called on a created, not configured instance.
   * [control, created] */
  int32_t (*run)(void *instance, const trellis_view *words, uint32_t count, const trellis_console *console);
} trellis_command;

#ifdef __cplusplus
}
#endif
#endif
