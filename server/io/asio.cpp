#include "server/io/asio.hpp"

#include <boost/asio/impl/src.hpp>
