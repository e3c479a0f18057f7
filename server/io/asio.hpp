#pragma once

// The one place that includes Asio (header-only in Boost 1.81), so that every translation unit sees
// the same configuration. The bodies of its functions are compiled once, in asio.cpp.
#define BOOST_ASIO_SEPARATE_COMPILATION
#define BOOST_ASIO_NO_DEPRECATED
#if defined(__SANITIZE_THREAD__)
// The thread sanitizer does not know fences. Asio's mutexes alone order what threads of ours hand
// over.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK
#endif

#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

namespace elytra::io {

namespace asio = boost::asio;

// Asio is called through the forms that fill one of these; none of its functions may throw here.
using ErrorCode = boost::system::error_code;

}  // namespace elytra::io
