// What paths mean.
#include "route.hpp"

#include <gtest/gtest.h>

namespace management {
namespace {

constexpr std::string_view kBase = "/subscriptions/s1/resourceGroups/g/providers/Microsoft.EventGrid";

TEST(Route, NamesAResourceByTheShortAndByTheLongPath) {
  for (const std::string& base : {std::string(), std::string(kBase)}) {
    const Route route = read_route(base + "/namespaces/plant/clients/press-04");
    EXPECT_EQ(route.kind, Route::Kind::item);
    EXPECT_EQ(route.name_space, "plant");
    EXPECT_EQ(route.type, "clients");
    EXPECT_EQ(route.name, "press-04");
    EXPECT_EQ(route.id_of("press-04"), base + "/namespaces/plant/clients/press-04");
  }
}

TEST(Route, KnowsWhatThereIsBesides) {
  EXPECT_EQ(read_route("/types").kind, Route::Kind::types);
  EXPECT_EQ(read_route("/backup").kind, Route::Kind::backup);
  EXPECT_EQ(read_route("/namespaces").kind, Route::Kind::namespaces);
  EXPECT_EQ(read_route("/namespaces/").kind, Route::Kind::namespaces);
  EXPECT_EQ(read_route("/namespaces/plant/clients").kind, Route::Kind::collection);
  EXPECT_EQ(read_route("/namespaces/plant/apply").kind, Route::Kind::apply);
  const Route space = read_route("/namespaces/plant");
  EXPECT_EQ(space.kind, Route::Kind::name_space);
  EXPECT_EQ(space.type, "namespaces");
  EXPECT_EQ(space.name, "plant");
  EXPECT_EQ(space.id_of("plant"), "/namespaces/plant");
}

TEST(Route, NamesWhatBelongsToAResource) {
  for (const std::string& base : {std::string(), std::string(kBase)}) {
    const Route item = read_route(base + "/namespaces/plant/topics/orders/eventSubscriptions/audit");
    EXPECT_EQ(item.kind, Route::Kind::item);
    EXPECT_EQ(item.type, "eventSubscriptions");
    EXPECT_EQ(item.name, "orders/audit");
    EXPECT_EQ(item.parent_type, "topics");
    EXPECT_EQ(item.id_of("bills/audit"), base + "/namespaces/plant/topics/bills/eventSubscriptions/audit");
    const Route own = read_route(base + "/namespaces/plant/topics/orders/eventSubscriptions");
    EXPECT_EQ(own.kind, Route::Kind::nested);
    EXPECT_EQ(own.collection_id(), base + "/namespaces/plant/topics/orders/eventSubscriptions");
    EXPECT_EQ(own.prefix(), "orders/");
  }
}

TEST(Route, WordsAroundNamesDoNotMindTheirCase) {
  EXPECT_EQ(read_route("/Subscriptions/s/resourcegroups/g/PROVIDERS/microsoft.eventgrid/Namespaces/n/clients/c").kind,
            Route::Kind::item);
}

TEST(Route, RefusesEverythingElse) {
  for (const std::string_view path :
       {"/", "", "/clients", "/backup/x", "/namespaces/a/b/c/d/e/f", "/namespaces/a/b/c//e", "/namespaces//clients",
        "/subscriptions/s/namespaces/n", "/subscriptions/s/resourceGroups/g/providers/Other/namespaces/n",
        "/namespaces/n//c"}) {
    EXPECT_EQ(read_route(path).kind, Route::Kind::unknown) << path;
  }
}

}  // namespace
}  // namespace management
