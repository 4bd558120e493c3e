// A process that forgets something with every connection it accepts: with LEAK=files a file, with LEAK=bytes as many bytes as a small answer takes.
// Preloaded into a gateway it is the control of a soak, which must notice it.

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>

namespace {
constexpr size_t BYTES = 8 * 1024;
const char* const what = getenv("LEAK");
void* volatile lost;

void forget(int file) {
  if (file < 0 || what == nullptr) return;
  // Not the connection itself: whoever waits for its end would wait for ever, and that is another fault.
  if (strcmp(what, "files") == 0) (void)!open("/dev/null", O_RDONLY);
  // Kept where anybody could look: a compiler leaves out what nobody can.
  if (strcmp(what, "bytes") == 0) lost = memset(malloc(BYTES), 1, BYTES);
}
}

extern "C" int accept4(int listening, sockaddr* address, socklen_t* length, int flags) {
  static auto real = reinterpret_cast<int (*)(int, sockaddr*, socklen_t*, int)>(dlsym(RTLD_NEXT, "accept4"));
  const int file = real(listening, address, length, flags);
  forget(file);
  return file;
}
