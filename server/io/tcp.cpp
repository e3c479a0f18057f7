#include "server/io/tcp.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/ring_buffer.hpp"
#include "server/io/file_error.hpp"

namespace elytra::io {

namespace {

using Tcp = asio::ip::tcp;

constexpr int receive_buffer_size = 4 << 20;
constexpr int server_send_buffer_size = 4 << 20;
constexpr int client_send_buffer_size = 2 << 20;
constexpr int keepalive_idle_seconds = 5;
constexpr int keepalive_interval_seconds = 4;
constexpr int keepalive_probes = 3;
constexpr int user_timeout_milliseconds =
    1000 * (keepalive_idle_seconds + keepalive_interval_seconds * keepalive_probes);

constexpr int listen_backlog = 256;
constexpr std::chrono::milliseconds accept_retry{100};

constexpr std::size_t gather_max = 16;  // messages in one system call

// Without one of these a connection is slower, or notices a dead peer later, but works.
bool set_option(int socket, int level, int name, int value) {
    return setsockopt(socket, level, name, &value, sizeof value) == 0;
}

// Beyond the limits of the machine where we may (CAP_NET_ADMIN).
void set_buffer_sizes(int socket, int send_buffer_size) {
    if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer_size)) {
        set_option(socket, SOL_SOCKET, SO_RCVBUF, receive_buffer_size);
    }
    if (!set_option(socket, SOL_SOCKET, SO_SNDBUFFORCE, send_buffer_size)) {
        set_option(socket, SOL_SOCKET, SO_SNDBUF, send_buffer_size);
    }
}

// Connections inherit the options of the listener that accepts them.
void set_options(int socket, int send_buffer_size) {
    set_buffer_sizes(socket, send_buffer_size);
    set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_idle_seconds);
    set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, keepalive_interval_seconds);
    set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, keepalive_probes);
    set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout_milliseconds);
}

// Asio opens and accepts without SOCK_CLOEXEC.
void close_on_exec(int socket) { fcntl(socket, F_SETFD, FD_CLOEXEC); }

Tcp::endpoint to_endpoint(const Address& address) {
    if (address.family == AddressFamily::ipv4) {
        asio::ip::address_v4::bytes_type octets{};
        std::copy_n(address.octets.begin(), octets.size(), octets.begin());
        return {asio::ip::address_v4(octets), address.port};
    }
    return {asio::ip::address_v6(address.octets), address.port};
}

Address to_address(const Tcp::endpoint& endpoint) {
    Address address{.family = AddressFamily::ipv6, .octets = {}, .port = endpoint.port()};
    if (endpoint.address().is_v6()) {
        address.octets = endpoint.address().to_v6().to_bytes();
        return address;
    }
    address.family = AddressFamily::ipv4;
    const auto octets = endpoint.address().to_v4().to_bytes();
    std::copy(octets.begin(), octets.end(), address.octets.begin());
    return address;
}

SocketError listen_error(const Address& address, const ErrorCode& error) {
    std::string_view advice;
    if (error == asio::error::address_in_use)
        advice = "stop the other server or choose another port";
    if (error == asio::error::access_denied) advice = "choose a port of 1024 or above";
    if (error.value() == EADDRNOTAVAIL) advice = "name an address of this machine";
    return SocketError{.os_error = error.value(),
                       .address = address,
                       .reason = error_text(error.value()),
                       .advice = std::string(advice)};
}

}  // namespace

std::string to_text(const SocketError& error) {
    std::string text = fmt::format("cannot listen on {}: {}", to_text(error.address), error.reason);
    if (!error.advice.empty()) text += "; " + error.advice;
    return text;
}

Listener::Listener(asio::io_context& loop) : acceptor_(loop), retry_(loop) {}

Result<void, SocketError> Listener::open(const Address& address) {
    const Tcp::endpoint endpoint = to_endpoint(address);
    ErrorCode error;
    acceptor_.open(endpoint.protocol(), error);
    if (error) return Unexpected(listen_error(address, error));
    close_on_exec(acceptor_.native_handle());
    set_options(acceptor_.native_handle(), server_send_buffer_size);
    set_option(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEADDR, 1);
    acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(listen_backlog, error);
    if (!error) address_ = to_address(acceptor_.local_endpoint(error));
    if (error) return Unexpected(listen_error(address, error));
    return {};
}

void Listener::start(OnAccept on_accept) {
    ELYTRA_ASSERT(acceptor_.is_open());
    on_accept_ = std::move(on_accept);
    accept_next();
}

void Listener::close() {
    ErrorCode ignored;  // the descriptor is gone either way
    acceptor_.close(ignored);
    retry_.cancel();
}

void Listener::accept_next() {
    if (!acceptor_.is_open()) return;
    acceptor_.async_accept(
        [this](ErrorCode error, Socket socket) { on_accepted(error, std::move(socket)); });
}

void Listener::on_accepted(ErrorCode error, Socket socket) {
    if (!acceptor_.is_open()) return;
    if (error) {
        // Out of descriptors or memory: without a pause this would fail again at once, for ever.
        retry_.expires_after(accept_retry);
        retry_.async_wait([this](ErrorCode) { accept_next(); });
        return;
    }
    close_on_exec(socket.native_handle());
    on_accept_(std::move(socket));
    accept_next();
}

struct Connector::Attempt {
    Socket socket;
    OnConnect on_connect;  // empty once reported or cancelled

    void finish(ErrorCode error) {
        if (!on_connect) return;
        const OnConnect report = std::exchange(on_connect, nullptr);
        report(error, std::move(socket));
    }
};

Connector::~Connector() {
    if (!attempt_) return;
    attempt_->on_connect = nullptr;
    ErrorCode ignored;
    attempt_->socket.close(ignored);
}

void Connector::connect(const Address& address, OnConnect on_connect) {
    ELYTRA_ASSERT(!attempt_ || !attempt_->on_connect);
    attempt_ = std::make_shared<Attempt>(Attempt{Socket(loop_), std::move(on_connect)});
    const Tcp::endpoint endpoint = to_endpoint(address);
    ErrorCode error;
    attempt_->socket.open(endpoint.protocol(), error);
    if (error) {
        asio::post(loop_, [attempt = attempt_, error] { attempt->finish(error); });
        return;
    }
    close_on_exec(attempt_->socket.native_handle());
    set_options(attempt_->socket.native_handle(), client_send_buffer_size);
    attempt_->socket.async_connect(
        endpoint, [attempt = attempt_](ErrorCode outcome) { attempt->finish(outcome); });
}

// The socket and what is under way on it. Tells nobody anything once closed.
class Connection::Link : public std::enable_shared_from_this<Link> {
public:
    Link(Connection& connection, Socket socket, ConnectionOwner& owner, std::size_t queued_max)
        : connection_(connection), owner_(&owner), socket_(std::move(socket)), queue_(queued_max) {}

    bool is_open() const { return owner_ != nullptr; }

    int descriptor() { return socket_.native_handle(); }

    void await_readable();
    bool send(wire::MessageRef message);
    void close();

private:
    void on_wait_read();
    void await_writable();
    void on_wait_write();
    void write_queued();
    ssize_t write_some();
    void drop_written(std::size_t count);
    void drop_queue();
    void lose(ErrorCode reason);
    void report_lost(ErrorCode reason);

    Connection& connection_;  // only used while open
    ConnectionOwner* owner_;  // absent once closed
    Socket socket_;
    RingBuffer<wire::MessageRef> queue_;
    std::size_t written_ = 0;  // bytes of the oldest message that are already with the kernel
    bool waiting_to_read_ = false;
    bool waiting_to_write_ = false;
    bool lost_ = false;  // a write failed; on_lost() is on its way
};

void Connection::Link::await_readable() {
    if (waiting_to_read_ || !is_open()) return;
    waiting_to_read_ = true;
    socket_.async_wait(Socket::wait_read,
                       [self = shared_from_this()](ErrorCode) { self->on_wait_read(); });
}

// An error of the wait shows again, with its reason, when the owner reads.
void Connection::Link::on_wait_read() {
    waiting_to_read_ = false;
    if (is_open()) owner_->on_readable(connection_);
}

bool Connection::Link::send(wire::MessageRef message) {
    ELYTRA_ASSERT(message);
    if (!is_open() || lost_ || queue_.full()) return false;
    queue_.push_back(std::move(message));
    if (!waiting_to_write_) write_queued();
    return true;
}

void Connection::Link::write_queued() {
    while (!queue_.empty()) {
        const ssize_t count = write_some();
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return await_writable();
        if (count < 0) return lose(ErrorCode(errno, boost::system::system_category()));
        drop_written(narrow<std::size_t>(count));
    }
}

// Hands as many queued messages to the kernel as one call takes.
ssize_t Connection::Link::write_some() {
    std::array<iovec, gather_max> pieces{};
    msghdr header{};
    header.msg_iov = pieces.data();
    header.msg_iovlen = std::min(queue_.size(), gather_max);
    for (std::size_t index = 0; index < header.msg_iovlen; ++index) {
        const auto bytes = queue_[index]->bytes().subspan(index == 0 ? written_ : 0);
        pieces[index] =
            iovec{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
    }
    return sendmsg(descriptor(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Connection::Link::drop_written(std::size_t count) {
    written_ += count;
    while (!queue_.empty() && written_ >= queue_.front()->bytes().size()) {
        written_ -= queue_.front()->bytes().size();
        queue_.pop_front();
    }
    ELYTRA_ASSERT(!queue_.empty() || written_ == 0);
}

void Connection::Link::await_writable() {
    waiting_to_write_ = true;
    socket_.async_wait(Socket::wait_write,
                       [self = shared_from_this()](ErrorCode) { self->on_wait_write(); });
}

void Connection::Link::on_wait_write() {
    waiting_to_write_ = false;
    if (is_open() && !lost_) write_queued();
}

// The owner hears of it from the loop, never from inside its own call of send().
void Connection::Link::lose(ErrorCode reason) {
    lost_ = true;
    drop_queue();
    asio::post(socket_.get_executor(),
               [self = shared_from_this(), reason] { self->report_lost(reason); });
}

void Connection::Link::report_lost(ErrorCode reason) {
    if (!is_open()) return;
    ConnectionOwner& owner = *owner_;
    close();
    owner.on_lost(connection_, reason);
}

void Connection::Link::drop_queue() {
    while (!queue_.empty()) queue_.pop_front();
    written_ = 0;
}

void Connection::Link::close() {
    if (!is_open()) return;
    owner_ = nullptr;
    drop_queue();
    ErrorCode ignored;  // the peer may be gone already
    socket_.shutdown(Socket::shutdown_both, ignored);
    socket_.close(ignored);
}

Connection::Connection(Socket socket, ConnectionOwner& owner, std::size_t messages_queued_max) {
    ErrorCode error;  // a peer that is gone already shows at the first read
    const Tcp::endpoint endpoint = socket.remote_endpoint(error);
    if (!error) peer_ = to_address(endpoint);
    link_ = std::make_shared<Link>(*this, std::move(socket), owner, messages_queued_max);
}

Connection::~Connection() { close(); }

void Connection::await_readable() { link_->await_readable(); }

Result<std::size_t, ErrorCode> Connection::read(std::span<std::byte> buffer) {
    ELYTRA_ASSERT(is_open() && !buffer.empty());
    const ssize_t count = recv(link_->descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count > 0) return narrow<std::size_t>(count);
    if (count == 0) return Unexpected(ErrorCode(asio::error::eof));
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::size_t{0};
    return Unexpected(ErrorCode(errno, boost::system::system_category()));
}

bool Connection::send(wire::MessageRef message) { return link_->send(std::move(message)); }

void Connection::close() { link_->close(); }

bool Connection::is_open() const { return link_->is_open(); }

}  // namespace elytra::io
