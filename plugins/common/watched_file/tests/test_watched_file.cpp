// Files that change, break, vanish and come back. Looks are made by hand; only one test lets the thread look.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

#include "watched_file/watched_file.hpp"

namespace common {
namespace {

using namespace std::chrono_literals;

/// A file whose text must be a number.
class WatchedFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "trellis-watched-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = (directory_ / "file").string();
    file_ = std::make_unique<WatchedFile<int>>(path_, [](std::string_view text, std::string& error) {
      const int number = std::atoi(std::string(text).c_str());
      if (number == 0) error = "no number";
      return number == 0 ? nullptr : std::make_shared<const int>(number);
    });
  }
  void TearDown() override {
    file_.reset();
    std::filesystem::remove_all(directory_);
  }

  /// Replaces the file as editors do, so that every version has another inode.
  void write(std::string_view text) {
    const std::string fresh = path_ + ".new";
    std::ofstream(fresh) << text;
    std::filesystem::rename(fresh, path_);
  }

  bool refresh() {
    error_.clear();
    return file_->refresh(error_);
  }

  std::filesystem::path directory_;
  std::string path_;
  std::string error_;
  std::unique_ptr<WatchedFile<int>> file_;
};

TEST_F(WatchedFileTest, IsReadAgainOnlyWhenItChanged) {
  write("7");
  ASSERT_TRUE(file_->load(error_)) << error_;
  EXPECT_EQ(*file_->snapshot(), 7);
  EXPECT_EQ(file_->version(), 1u);
  EXPECT_FALSE(refresh());
  write("8");
  EXPECT_TRUE(refresh());
  EXPECT_EQ(error_, "");
  EXPECT_EQ(*file_->snapshot(), 8);
  EXPECT_EQ(file_->version(), 2u);
}

TEST_F(WatchedFileTest, ABrokenFileKeepsTheOldContentAndIsReportedOnce) {
  write("7");
  ASSERT_TRUE(file_->load(error_));
  write("seven");
  EXPECT_TRUE(refresh());
  EXPECT_EQ(error_, "no number");
  EXPECT_EQ(*file_->snapshot(), 7);
  EXPECT_FALSE(refresh());
  write("9");
  EXPECT_TRUE(refresh());
  EXPECT_EQ(*file_->snapshot(), 9);
}

TEST_F(WatchedFileTest, AFileThatVanishedIsReportedOnceAndTakenWhenItIsBack) {
  write("7");
  ASSERT_TRUE(file_->load(error_));
  std::filesystem::rename(path_, path_ + ".away");
  EXPECT_TRUE(refresh());
  EXPECT_NE(error_.find("cannot find"), std::string::npos);
  EXPECT_FALSE(refresh());
  std::filesystem::rename(path_ + ".away", path_);
  EXPECT_TRUE(refresh());
  EXPECT_EQ(error_, "");
}

TEST_F(WatchedFileTest, WhatIsNoFileIsRefused) {
  std::filesystem::create_directory(path_);
  EXPECT_FALSE(file_->load(error_));
  EXPECT_EQ(error_, path_ + " is not a regular file");
  EXPECT_EQ(file_->snapshot(), nullptr);
  std::filesystem::remove(path_);
  EXPECT_FALSE(file_->load(error_));
  EXPECT_NE(error_.find("No such file"), std::string::npos);
}

TEST_F(WatchedFileTest, TheThreadLooksUntilItIsStopped) {
  write("7");
  ASSERT_TRUE(file_->load(error_));
  std::promise<std::string> reported;
  file_->watch(1ms, [&](const std::string& error) { reported.set_value(error); });
  write("8");
  EXPECT_EQ(reported.get_future().get(), "");
  EXPECT_EQ(*file_->snapshot(), 8);
  file_->stop();
  file_->stop();
}

}  // namespace
}  // namespace common
